//! Losses: value and gradient of every option, as in MXNet.

use gluon::autograd::record;
use gluon::loss::{
    CosineEmbeddingLoss, HingeLoss, HuberLoss, KlDivLoss, L1Loss, L2Loss, LabelFormat,
    LogisticLoss, Loss, PoissonNllLoss, SigmoidBinaryCrossEntropyLoss, SoftmaxCrossEntropyLoss,
    SquaredHingeLoss, TripletLoss,
};
use gluon::prelude::*;
use serde_json::Value;

use crate::golden::{self, SOFTMAX, SUMMED, Tolerance, assert_close, case, tensor};

fn cross_entropy() -> SoftmaxCrossEntropyLoss {
    SoftmaxCrossEntropyLoss::default()
}

fn binary() -> SigmoidBinaryCrossEntropyLoss {
    SigmoidBinaryCrossEntropyLoss::default()
}

/// The loss of prediction and label that Gluon makes of a case's class and arguments.
fn loss(id: &str, case: &Value) -> Option<Box<dyn Loss>> {
    Some(match id {
        "l2" | "l2_1d" | "l2_3d" | "l2_label_reshaped" => Box::new(L2Loss::default()),
        "l2_weight" => Box::new(L2Loss { weight: 3.0, ..Default::default() }),
        "l2_batch_axis1" => Box::new(L2Loss { batch_axis: 1, ..Default::default() }),
        "l1" => Box::new(L1Loss::default()),
        "l1_weight" => Box::new(L1Loss { weight: 0.5, ..Default::default() }),
        "softmaxce_sparse" | "softmaxce_3d" | "softmaxce_sample_weight" => {
            Box::new(cross_entropy())
        }
        "softmaxce_dense" => {
            Box::new(SoftmaxCrossEntropyLoss { sparse_label: false, ..cross_entropy() })
        }
        "softmaxce_from_logits" => {
            Box::new(SoftmaxCrossEntropyLoss { from_logits: true, ..cross_entropy() })
        }
        "softmaxce_axis1" => Box::new(SoftmaxCrossEntropyLoss { axis: 1, ..cross_entropy() }),
        "bce_logits" | "bce_big_logits" => Box::new(binary()),
        "bce_probs" => Box::new(SigmoidBinaryCrossEntropyLoss { from_sigmoid: true, ..binary() }),
        "bce_pos_weight" => {
            let pos_weight = Some(tensor(&case["args"][2]));
            Box::new(SigmoidBinaryCrossEntropyLoss { pos_weight, ..binary() })
        }
        "kldiv" => Box::new(KlDivLoss::default()),
        "kldiv_not_logits" => Box::new(KlDivLoss { from_logits: false, ..Default::default() }),
        "huber" => Box::new(HuberLoss::default()),
        "huber_rho" => Box::new(HuberLoss { rho: 2.0, ..Default::default() }),
        "hinge" => Box::new(HingeLoss::default()),
        "hinge_margin" => Box::new(HingeLoss { margin: 2.0, ..Default::default() }),
        "squaredhinge" => Box::new(SquaredHingeLoss::default()),
        "logistic" => Box::new(LogisticLoss::default()),
        "logistic_binary" => {
            Box::new(LogisticLoss { label_format: LabelFormat::Binary, ..Default::default() })
        }
        _ => return None,
    })
}

/// MXNet's logarithms and exponentials are as far from exact arithmetic as its log-softmax.
fn tolerance(id: &str) -> Tolerance {
    let sums = ["l1", "l2", "huber", "hinge", "squaredhinge", "triplet"];
    if sums.iter().any(|name| id.starts_with(name)) { SUMMED } else { SOFTMAX }
}

/// Asserts that value and gradient of `loss` at the case's prediction are those of MXNet.
fn assert_case(id: &str, case: &Value, loss: impl Fn(&Tensor) -> Result<Tensor>) {
    let mut x = tensor(&case["pred"]);
    x.attach_grad();
    let loss = record(|| loss(&x)).unwrap();
    assert_close(id, &loss, &case["loss"], tolerance(id));
    loss.backward().unwrap();
    assert_close(id, &x.grad().unwrap(), &case["pred_grad_ones_head"], tolerance(id));
}

/// The losses of other things than a prediction and its label, and those whose shape differs.
const OTHERS: [&str; 6] =
    ["triplet", "cosine", "cosine_margin", "poisson", "poisson_full", "softmaxce_label_clipped"];

#[test]
fn values_and_gradients_are_those_of_mxnet() {
    let golden = golden::open("losses.json");
    let mut tested = OTHERS.to_vec();
    for case in golden["cases"].as_array().unwrap() {
        let id = golden::text(&case["id"]);
        let Some(loss) = loss(id, case) else { continue };
        tested.push(id);
        let label = tensor(&case["args"][0]);
        match &case["args"][1] {
            Value::Null => assert_case(id, case, |x| loss.forward(x, &label)),
            weight => {
                assert_case(id, case, |x| loss.forward_weighted(x, &label, &tensor(weight)));
            }
        }
    }
    golden::assert_complete(&golden["cases"], &tested);
}

#[test]
fn losses_of_embeddings_are_those_of_mxnet() {
    let golden = golden::open("losses.json");
    let triplet = case(&golden["cases"], "triplet");
    let [positive, negative] = [0, 1].map(|i| tensor(&triplet["args"][i]));
    assert_case("triplet", triplet, |x| TripletLoss::default().forward(x, &positive, &negative));
    for (id, margin) in [("cosine", 0.0), ("cosine_margin", 0.2)] {
        let case = case(&golden["cases"], id);
        let [second, label] = [0, 1].map(|i| tensor(&case["args"][i]));
        let loss = CosineEmbeddingLoss { margin, ..Default::default() };
        // There each sample's loss has an axis more.
        assert_case(id, case, |x| loss.forward(x, &second, &label)?.expand_dims(1));
    }
}

/// MXNet 1.9.1 gives the mean of the whole batch, and cannot differentiate the full loss.
#[test]
fn the_mean_of_the_poisson_losses_is_that_of_mxnet() {
    let golden = golden::open("losses.json");
    let mean = |loss: Tensor| loss.mean()?.reshape([1]);
    let poisson = case(&golden["cases"], "poisson");
    let label = tensor(&poisson["args"][0]);
    assert_case("poisson", poisson, |x| mean(PoissonNllLoss::default().forward(x, &label)?));
    let case = case(&golden["cases"], "poisson_full");
    let full = PoissonNllLoss { from_logits: false, compute_full: true, ..Default::default() };
    let loss = full.forward(&tensor(&case["pred"]), &tensor(&case["args"][0])).unwrap();
    assert_close("poisson_full", &mean(loss).unwrap(), &case["loss"], SOFTMAX);
}

/// MXNet clips a label that is no class, and learns the wrong one in silence.
#[test]
fn a_label_that_is_no_class_is_an_error() {
    let golden = golden::open("losses.json");
    let case = case(&golden["cases"], "softmaxce_label_clipped");
    let error = cross_entropy().forward(&tensor(&case["pred"]), &tensor(&case["args"][0]));
    assert!(matches!(error, Err(Error::IndexOutOfRange { index: -1.0, bound: 3, .. })));
}

#[test]
fn weights_that_do_not_fit_are_errors() {
    let (x, label) = (Tensor::zeros([3, 4]), Tensor::ones([3, 4]));
    let weighted = |shape: &[usize]| {
        let weight = Tensor::ones(Shape::new(shape));
        L2Loss::default().forward_weighted(&x, &label, &weight)
    };
    let expected = L2Loss::default().forward(&x, &label).unwrap();
    for shape in [&[3][..], &[3, 1], &[1, 4], &[3, 4], &[]] {
        assert_eq!(weighted(shape).unwrap(), expected);
    }
    let text = |shape: &[usize]| weighted(shape).unwrap_err().to_string();
    assert!(text(&[4]).contains("cannot combine shapes (3, 4) and (4, 1)"), "{}", text(&[4]));
    let wide = "`forward_weighted` cannot combine shapes (3, 4) and (2, 3, 4)";
    assert_eq!(text(&[2, 3, 4]), wide);
}
