//! Dropout: what it drops, and when.

use gluon::autograd::{record_with, train_mode};
use gluon::nn::Dropout;
use gluon::prelude::*;
use gluon::random;

#[test]
fn dropout_is_the_identity_unless_training_and_its_gradient_is_its_mask() {
    let layer = Dropout::new(0.25);
    let mut x = Tensor::ones([40, 50]);
    assert_eq!(layer.forward(&x).unwrap(), x);
    x.attach_grad();
    random::seed(3);
    let y = record_with(true, || layer.forward(&x)).unwrap();
    y.backward().unwrap();
    assert_eq!(x.grad().unwrap(), y);
    let zeros = y.to_vec::<f32>().unwrap().iter().filter(|&&y| y == 0.0).count();
    assert!((400..600).contains(&zeros), "{zeros}");

    let draw = |seed| {
        random::seed(seed);
        train_mode(|| layer.forward(&x)).unwrap()
    };
    assert_eq!(draw(3), y);
    assert_ne!(draw(4), y);
    let next = train_mode(|| layer.forward(&x)).unwrap();
    assert_ne!(draw(4), next);

    let state = random::state();
    assert_eq!(train_mode(|| Dropout::new(0.0).forward(&x)).unwrap(), x);
    assert_eq!(random::state(), state, "nothing is drawn for nothing");

    let shared = Dropout::new(0.5).axes(&[-1]);
    let rows = train_mode(|| shared.forward(&x)).unwrap();
    let first = rows.slice(1, 0..1).unwrap().broadcast_to([40, 50]).unwrap();
    assert_eq!(rows, first);
    assert!(first.to_vec::<f32>().unwrap().contains(&2.0));
}
