//! Containers: what is in them is found, named and shared.

use std::collections::BTreeMap;

use gluon::nn::{Concurrent, Dense, Lstm, Sequential};
use gluon::prelude::*;

/// A key with a dot in it may make the name that another layer has.
#[test]
fn two_parameters_of_one_name_are_refused() {
    #[derive(Block)]
    #[block(new)]
    struct Named {
        layers: BTreeMap<String, Box<dyn Layer>>,
    }
    let layers: [(&str, Box<dyn Layer>); 2] =
        [("a", Box::new(sequential![Dense::new(2)])), ("a.0", Box::new(Dense::new(2)))];
    let mut net =
        Named::new(layers.into_iter().map(|(key, layer)| (key.to_owned(), layer)).collect());
    let text = net.initialize().unwrap_err().to_string();
    assert!(text.contains("are both called `layers.a.0.weight`"), "{text}");
}

/// Every kind of container and every layer that is a list of others.
#[derive(Block)]
#[block(new)]
struct Containers {
    list: Vec<Dense>,
    array: [Dense; 2],
    boxed: Box<Dense>,
    dynamic: Box<dyn Layer>,
    pair: (Dense, Option<Dense>),
    map: BTreeMap<String, Dense>,
    sequence: Sequential,
    branches: Concurrent,
    recurrent: Lstm,
}

#[test]
fn parameters_are_shared_through_every_container() {
    let dense = || Dense::new(2).in_units(3);
    let net = || {
        let map = BTreeMap::from([("a".to_owned(), dense()), ("b".to_owned(), dense())]);
        let mut branches = Concurrent::new(1);
        assert!(branches.is_empty());
        branches.add(dense());
        branches.add(dense());
        assert!(!branches.is_empty());
        let (list, array) = (vec![dense(), dense()], [dense(), dense()]);
        let (boxed, dynamic) = (Box::new(dense()), Box::new(dense()));
        let lstm = Lstm::new(2).bidirectional().in_units(3);
        let sequence = sequential![dense(), sequential![dense()]];
        let pair = (dense(), Some(dense()));
        Containers::new(list, array, boxed, dynamic, pair, map, sequence, branches, lstm)
    };
    let (first, mut second) = (net(), net());
    second.share_parameters(&first.collect_params()).unwrap();
    let (ours, theirs) = (first.collect_params(), second.collect_params());
    assert_eq!((ours.len(), theirs.len()), (14 * 2 + 8, 14 * 2 + 8));
    for (ours, theirs) in ours.iter().zip(&theirs) {
        assert!(ours.is_same(theirs), "{}", theirs.path());
    }
    let paths: Vec<&str> = ours.iter().map(|entry| entry.path()).step_by(2).take(10).collect();
    assert_eq!(
        paths.join(" "),
        "list.0.weight list.1.weight array.0.weight array.1.weight boxed.weight dynamic.weight \
         pair.0.weight pair.1.weight map.a.weight map.b.weight"
    );
}
