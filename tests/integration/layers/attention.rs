//! Attention: its definition, order, and masks.

use gluon::nn::{Dense, Mask, MultiHeadAttention, SinusoidalEncoding, TransformerEncoderLayer};
use gluon::prelude::*;

use super::{assert_same, reversed, wave};

#[test]
fn attention_is_its_definition_and_does_not_know_the_order() {
    let x = wave([2, 5, 6]);
    let mut layer = MultiHeadAttention::new(6, 1);
    layer.initialize().unwrap();
    let y = layer.forward(&x).unwrap();
    let project = |dense: &Dense| dense.forward(&x).unwrap();
    let (q, k, v) = (project(&layer.query), project(&layer.key), project(&layer.value));
    let scores = q.matmul(&k.transpose().unwrap()).unwrap().div(6f64.sqrt()).unwrap();
    let one = scores.softmax().unwrap().matmul(&v).unwrap();
    assert_same(&y, &layer.output.forward(&one).unwrap());

    let mut heads = MultiHeadAttention::new(6, 3);
    heads.initialize().unwrap();
    let turned = x.permute(&[1, 0, 2]).unwrap();
    let backwards = reversed(&turned).permute(&[1, 0, 2]).unwrap();
    let again = heads.forward(&backwards).unwrap().permute(&[1, 0, 2]).unwrap();
    assert_same(&reversed(&again).permute(&[1, 0, 2]).unwrap(), &heads.forward(&x).unwrap());
    // With positions it does.
    let net = sequential![SinusoidalEncoding, heads];
    let again = net.forward(&backwards).unwrap().permute(&[1, 0, 2]).unwrap();
    assert_ne!(reversed(&again).permute(&[1, 0, 2]).unwrap(), net.forward(&x).unwrap());
}

#[test]
fn masks_hide_what_they_say() {
    let x = wave([2, 5, 6]);
    // The same sequences with another end.
    let other = Tensor::concat(&[&x.slice(1, ..3).unwrap(), &wave([2, 2, 6])], 1).unwrap();
    let head = |y: &Tensor| y.slice(1, ..3).unwrap();
    let mut layer = TransformerEncoderLayer::new(6, 2, 8).causal();
    layer.initialize().unwrap();
    let [y, z] = [&x, &other].map(|x| layer.forward(x).unwrap());
    assert_same(&head(&y), &head(&z));
    assert_ne!(y, z);

    let valid = Tensor::from([[true, true, true, false, false]; 2]);
    let masked = |x: &Tensor| layer.encode(x, &Mask::new().padding(valid.clone())).unwrap();
    assert_same(&head(&masked(&x)), &head(&masked(&other)));
    let short = layer.encode(&x.slice(1, ..3).unwrap(), &Mask::new()).unwrap();
    assert_same(&head(&masked(&x)), &short);

    let hidden = Tensor::from([0.0f32, 0.0, 0.0, f32::NEG_INFINITY, f32::NEG_INFINITY]);
    let added = layer.encode(&x, &Mask::new().additive(hidden)).unwrap();
    assert_same(&head(&added), &short);
    // Who may see nothing sees everything, and is a number.
    let none = Mask::new().padding(Tensor::zeros([2, 5]));
    assert_same(&layer.encode(&x, &none).unwrap(), &layer.encode(&x, &none).unwrap());

    // One query more than the first belongs to the last key.
    let attention = &layer.attention;
    let last = attention.attend(&x.slice(1, 4..).unwrap(), &x, &Mask::causal()).unwrap();
    let whole = attention.attend(&x, &x, &Mask::causal()).unwrap();
    assert_same(&last, &whole.slice(1, 4..).unwrap());

    let error = layer.encode(&x, &Mask::new().padding(Tensor::ones([2, 4]))).unwrap_err();
    assert_eq!(error.to_string(), "`mask` cannot combine shapes (2, 2, 5, 5) and (2, 4)");
}
