use std::collections::BTreeMap;

use gluon::persist::{self, Arrays};
use gluon::{DType, Error, Tensor};

use crate::nets::Scratch;

#[test]
fn what_was_saved_comes_back() {
    let scratch = Scratch::new();
    let path = scratch.at("x");
    let x = Tensor::from([[1.0f32, f32::NAN], [-0.0, f32::INFINITY]]);
    persist::save(&path, &x).unwrap();
    let back = persist::load(&path).unwrap();
    assert_eq!(back, Arrays::from(&x), "bit by bit, NaN included");
    assert_eq!(back.into_tensor().unwrap().shape(), [2, 2]);

    for dtype in [DType::F16, DType::BF16, DType::I64, DType::U16, DType::Bool] {
        let tensors = vec![Tensor::arange(6).to_dtype(dtype), Tensor::ones([2, 3])];
        persist::save(&path, &tensors).unwrap();
        assert_eq!(persist::load(&path).unwrap().into_list(), tensors);
    }
    let dict = BTreeMap::from([("b".to_owned(), Tensor::ones([1])), ("a".into(), x)]);
    persist::save(&path, &dict).unwrap();
    let back = persist::load(&path).unwrap();
    assert_eq!(back, Arrays::from(dict));
    assert_eq!(back.into_dict().unwrap()[0].0, "a");
}

#[test]
fn asking_for_something_else_is_an_error() {
    let scratch = Scratch::new();
    let path = scratch.at("x");
    persist::save(&path, vec![Tensor::ones([1]), Tensor::ones([2])]).unwrap();
    let error = persist::load(&path).unwrap().into_tensor().unwrap_err();
    assert_eq!(error.to_string(), "the file expected to hold one array, found 2 arrays");
    let error = persist::load(&path).unwrap().into_dict().unwrap_err();
    assert!(matches!(error, Error::ArrayCount { found: 2, .. }));
    persist::save(&path, Vec::<Tensor>::new()).unwrap();
    assert!(persist::load(&path).unwrap().into_dict().unwrap().is_empty());
}
