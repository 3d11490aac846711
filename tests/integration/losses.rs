//! Losses: value and gradient of every option that exists here, as in MXNet.

use gluon::autograd::record;
use gluon::loss::{L1Loss, L2Loss, Loss, SoftmaxCrossEntropyLoss};
use gluon::prelude::*;

use crate::golden::{self, SOFTMAX, SUMMED, assert_close, case, tensor};

/// Cases with losses and options that do not exist here.
const MISSING: [&str; 20] = [
    // A weight per sample, and a batch or class axis elsewhere.
    "l2_batch_axis1",
    "softmaxce_axis1",
    "softmaxce_sample_weight",
    // Other losses.
    "bce_logits",
    "bce_probs",
    "bce_pos_weight",
    "bce_big_logits",
    "kldiv",
    "kldiv_not_logits",
    "huber",
    "huber_rho",
    "hinge",
    "hinge_margin",
    "squaredhinge",
    "logistic",
    "logistic_binary",
    "triplet",
    "poisson",
    "cosine",
    "cosine_margin",
];

fn cross_entropy() -> SoftmaxCrossEntropyLoss {
    SoftmaxCrossEntropyLoss::default()
}

#[test]
fn values_and_gradients_are_those_of_mxnet() {
    let cases: [(&str, Box<dyn Loss>); 9] = [
        ("l2", Box::new(L2Loss::default())),
        ("l2_1d", Box::new(L2Loss::default())),
        ("l2_3d", Box::new(L2Loss::default())),
        ("l2_label_reshaped", Box::new(L2Loss::default())),
        ("l1", Box::new(L1Loss::default())),
        ("softmaxce_sparse", Box::new(cross_entropy())),
        ("softmaxce_3d", Box::new(cross_entropy())),
        (
            "softmaxce_dense",
            Box::new(SoftmaxCrossEntropyLoss { sparse_label: false, ..cross_entropy() }),
        ),
        (
            "softmaxce_from_logits",
            Box::new(SoftmaxCrossEntropyLoss { from_logits: true, ..cross_entropy() }),
        ),
    ];
    let golden = golden::open("losses.json");
    for (id, loss) in &cases {
        let case = case(&golden["cases"], id);
        let (mut x, label) = (tensor(&case["pred"]), tensor(&case["args"][0]));
        x.attach_grad();
        let loss = record(|| loss.forward(&x, &label)).unwrap();
        let tolerance = if id.starts_with("softmax") { SOFTMAX } else { SUMMED };
        assert_close(id, &loss, &case["loss"], tolerance);
        loss.backward().unwrap();
        assert_close(id, &x.grad().unwrap(), &case["pred_grad_ones_head"], tolerance);
    }
    let mut tested: Vec<&str> = cases.iter().map(|(id, _)| *id).collect();
    tested.extend(["l1_weight", "l2_weight", "softmaxce_label_clipped", "poisson_full"]);
    golden::assert_complete(&golden["cases"], &tested, &MISSING);
}

/// The golden cases of `weight` have weights per sample as well: the first sample's is 1.
#[test]
fn a_weight_is_a_factor_as_in_mxnet() {
    let golden = golden::open("losses.json");
    let losses: [(&str, Box<dyn Loss>); 2] = [
        ("l2_weight", Box::new(L2Loss { weight: 3.0 })),
        ("l1_weight", Box::new(L1Loss { weight: 0.5 })),
    ];
    for (id, loss) in losses {
        let case = case(&golden["cases"], id);
        assert_eq!(case["args"][1]["data"][0], 1.0);
        let loss = loss.forward(&tensor(&case["pred"]), &tensor(&case["args"][0])).unwrap();
        let (found, expected) = (loss.to_vec::<f32>().unwrap(), tensor(&case["loss"]));
        let expected = expected.to_vec::<f32>().unwrap();
        assert!((found[0] - expected[0]).abs() < 1e-6 * expected[0], "{id}: {found:?}");
    }
}

/// MXNet clips a label that is no class, and learns the wrong one in silence.
#[test]
fn a_label_that_is_no_class_is_an_error() {
    let golden = golden::open("losses.json");
    let case = case(&golden["cases"], "softmaxce_label_clipped");
    let error = cross_entropy().forward(&tensor(&case["pred"]), &tensor(&case["args"][0]));
    assert!(matches!(error, Err(Error::IndexOutOfRange { index: -1.0, bound: 3, .. })));
}
