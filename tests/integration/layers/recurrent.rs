//! Recurrent layers: directions, layers, cells and states.

use gluon::ParameterDict;
use gluon::autograd::train_mode;
use gluon::init;
use gluon::nn::{Gru, GruCell, Lstm, LstmCell, Rnn, RnnCell};
use gluon::prelude::*;

use super::{assert_same, message, reversed, wave};

/// Gives a layer the weights of another, whose names may differ.
fn set_all(to: &ParameterDict, from: &ParameterDict) {
    assert_eq!(to.len(), from.len());
    for (to, from) in to.iter().zip(from) {
        to.set_data(&from.data().unwrap()).unwrap();
    }
}

#[test]
fn a_bidirectional_layer_is_two_one_of_them_on_the_reversed_sequence() {
    let x = wave([5, 2, 3]);
    let mut both = Lstm::new(4).bidirectional().in_units(3);
    both.initialize().unwrap();
    let parameters: Vec<Tensor> = both.collect_params().iter().map(|p| p.data().unwrap()).collect();
    let [forwards, backwards] = [0, 1].map(|direction| {
        let one = Lstm::new(4).in_units(3);
        for (own, value) in one.collect_params().iter().zip(&parameters[4 * direction..]) {
            own.set_data(value).unwrap();
        }
        one
    });
    let backwards = reversed(&backwards.forward(&reversed(&x)).unwrap());
    let expected = Tensor::concat(&[&forwards.forward(&x).unwrap(), &backwards], 2).unwrap();
    assert_same(&both.forward(&x).unwrap(), &expected);
}

#[test]
fn layers_of_a_recurrent_layer_are_recurrent_layers_in_turn() {
    let x = wave([5, 2, 3]);
    let mut whole = Gru::new(4).layers(2);
    whole.initialize().unwrap();
    let y = whole.forward(&x).unwrap();
    let net = sequential![Gru::new(4), Gru::new(4)];
    set_all(&net.collect_params(), &whole.collect_params());
    assert_same(&net.forward(&x).unwrap(), &y);
    assert_eq!(whole.collect_params().iter().next().unwrap().name(), "gru0_l0_i2h_weight");

    // Of both directions too, each from states of its own.
    let mut both = Gru::new(4).layers(2).bidirectional();
    both.initialize().unwrap();
    let begin = wave([4, 2, 4]);
    let (y2, end) = both.forward_from(&x, std::slice::from_ref(&begin)).unwrap();
    let parts = [0, 1].map(|_| Gru::new(4).bidirectional());
    let values = both.collect_params();
    let own = parts.iter().flat_map(|part| part.collect_params());
    own.zip(&values).for_each(|(own, value)| own.set_data(&value.data().unwrap()).unwrap());
    let (mut z, mut ends) = (x.clone(), Vec::new());
    for (index, part) in parts.iter().enumerate() {
        let start = 2 * index;
        let states = begin.slice(0, start..start + 2).unwrap();
        let (output, after) = part.forward_from(&z, &[states]).unwrap();
        z = output;
        ends.extend(after);
    }
    assert_same(&z, &y2);
    assert_same(&Tensor::concat(&ends.iter().collect::<Vec<_>>(), 0).unwrap(), &end[0]);

    let turned = x.permute(&[1, 0, 2]).unwrap();
    let other = Gru::new(4).layers(2).batch_first();
    set_all(&other.collect_params(), &whole.collect_params());
    assert_same(&other.forward(&turned).unwrap(), &y.permute(&[1, 0, 2]).unwrap());

    // Dropout between the layers, while training only.
    let dropped = Gru::new(4).layers(2).dropout(0.5);
    set_all(&dropped.collect_params(), &whole.collect_params());
    assert_eq!(dropped.forward(&x).unwrap(), y);
    assert_ne!(train_mode(|| dropped.forward(&x)).unwrap(), y);
}

#[test]
fn a_sequence_may_be_cut_and_a_cell_takes_its_steps() {
    let x = wave([5, 2, 3]);
    let mut layer = Lstm::new(4);
    layer.initialize().unwrap();
    let begin = layer.begin_state(&x).unwrap();
    let (y, end) = layer.forward_from(&x, &begin).unwrap();
    let (head, middle) = layer.forward_from(&x.slice(0, ..2).unwrap(), &begin).unwrap();
    let (tail, states) = layer.forward_from(&x.slice(0, 2..).unwrap(), &middle).unwrap();
    assert_same(&Tensor::concat(&[&head, &tail], 0).unwrap(), &y);
    assert_eq!(states.len(), 2);
    states.iter().zip(&end).for_each(|(found, expected)| assert_same(found, expected));

    let cell = LstmCell::new(4);
    set_all(&cell.collect_params(), &layer.collect_params());
    let mut states = cell.begin_state(&x).unwrap();
    for t in 0..5 {
        let (output, after) = cell.step(&x.select(0, t).unwrap(), &states).unwrap();
        assert_same(&output, &y.select(0, t).unwrap());
        states = after;
    }
    assert_same(&states[1], &end[1].select(0, 0).unwrap());

    let (gru, rnn) = (GruCell::new(4), RnnCell::new(4).relu());
    let (gru_layer, rnn_layer) = (Gru::new(4), Rnn::new(4));
    for (layer, cell) in [(&gru_layer as &dyn Layer, &gru as &dyn Block), (&rnn_layer, &rnn)] {
        let parameters = cell.collect_params();
        for parameter in &parameters {
            let shape = [parameter.shape()[0], 3, 4][..parameter.shape().rank()].to_vec();
            let rows = if shape.len() == 1 {
                vec![shape[0]]
            } else {
                vec![shape[0], parameter.shape()[1].max(3)]
            };
            let values = Tensor::arange(rows.iter().product()).cos().unwrap();
            parameter.set_data(&values.reshape(Shape::new(&rows)).unwrap()).unwrap();
        }
        set_all(&layer.collect_params(), &parameters);
    }
    let states = gru.begin_state(&x).unwrap();
    assert_same(&gru.unroll(&x, &states).unwrap().0, &gru_layer.forward(&x).unwrap());
    let states = rnn.begin_state(&x).unwrap();
    assert_same(&rnn.unroll(&x, &states).unwrap().0, &rnn_layer.forward(&x).unwrap());
}

#[test]
fn sequences_and_states_that_do_not_fit_are_named() {
    let x = wave([5, 2, 3]);
    let mut layer = Lstm::new(4).batch_first();
    layer.initialize().unwrap();
    layer.forward(&x).unwrap();
    let flat = x.flatten().unwrap();
    let expected = "`lstm` expected [batch, steps, in_units], found shape (5, 6)";
    assert_eq!(message(&layer, &flat), expected);
    let wide = wave([5, 2, 4]);
    let expected = "the input of shape (5, 2, 4) does not fit parameter `_unfused.0.i2h_weight`: expected one for shape (16, 3), as declared or told by the first input, found one for (16, 4)";
    assert_eq!(message(&layer, &wide), expected);
    let none = "`lstm` expected at least one step, found shape (0, 5, 3)";
    assert_eq!(message(&layer, &Tensor::ones([5, 0, 3])), none);
    let none = "`gru` expected `layers` to be at least one, found none";
    assert_eq!(message(&Gru::new(4).layers(0), &x), none);
    let from = |states: &[Tensor]| layer.forward_from(&x, states).unwrap_err().to_string();
    let state = Tensor::zeros([1, 5, 4]);
    assert_eq!(
        from(std::slice::from_ref(&state)),
        "`lstm` expected `states` to be two: output and memory, found 1"
    );
    let wrong = [state, Tensor::zeros([1, 4, 4])];
    assert_eq!(
        from(&wrong),
        "`lstm` expected `states` to be of shape [layers · directions, batch, units], \
         found (1, 4, 4) for (1, 5, 4)"
    );
}

/// Builder methods say the same in any order.
#[test]
fn settings_hold_whatever_is_said_after_them() {
    let one = || init::One;
    let layers = [
        Lstm::new(3).in_units(2).weight_init(one()).layers(2).bidirectional(),
        Lstm::new(3).weight_init(one()).dtype(DType::F64).in_units(2).bidirectional().layers(2),
        Lstm::new(3).dtype(DType::F64).layers(2).bidirectional().in_units(2).weight_init(one()),
    ];
    for (mut layer, dtype) in layers.into_iter().zip([DType::F32, DType::F64, DType::F64]) {
        layer.initialize().unwrap();
        let parameters = layer.collect_params();
        assert_eq!(parameters.len(), 16);
        for entry in &parameters {
            let expected = if entry.name().ends_with("weight") { 1.0 } else { 0.0 };
            let expected = Tensor::full(entry.shape(), expected, dtype);
            assert_eq!(entry.data().unwrap(), expected, "{}", entry.name());
        }
    }
}
