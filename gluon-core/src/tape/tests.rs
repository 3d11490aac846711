use smallbox::smallbox;

use super::*;

type Value = Origin<f64>;

fn add(slot: Slot<'_, f64>, gradient: f64) -> Result<()> {
    *slot.value = Some(if slot.stale { 0.0 } else { slot.value.unwrap_or(0.0) } + gradient);
    Ok(())
}

/// Records an operation whose derivatives by its inputs are `slopes`.
fn op<const N: usize>(graph: &Arc<Graph<f64>>, inputs: [&Value; N], slopes: [f64; N]) -> Value {
    let rule: Rule<f64> = smallbox!(move |dy: &mut f64, gradients: &mut Gradients<'_, f64>| {
        for (input, slope) in slopes.iter().enumerate() {
            gradients.slot(input, |slot| add(slot, *dy * slope))?;
        }
        Ok(())
    });
    Origin::Node(Arc::clone(graph), graph.push("test", inputs, rule).expect("one thread"))
}

fn leaf(req: GradReq) -> (Arc<Leaf<f64>>, Value) {
    let leaf = Arc::new(Leaf::new(req));
    (Arc::clone(&leaf), Origin::Leaf(leaf))
}

fn gradient(leaf: &Leaf<f64>) -> Option<f64> {
    leaf.with_gradient(|g| g.copied())
}

#[test]
fn gradients_add_up_over_uses_and_write_replaces_between_passes() {
    let (leaf, x) = leaf(GradReq::Write);
    let graph = Arc::new(Graph::new());
    let y = op(&graph, [&x], [2.0]);
    let z = op(&graph, [&y, &x, &y], [3.0, 5.0, 7.0]);
    backward(&z, 1.0, true, add).unwrap();
    assert_eq!(gradient(&leaf), Some(25.0));
    backward(&z, 10.0, false, add).unwrap();
    assert_eq!(gradient(&leaf), Some(250.0));
}

#[test]
fn add_accumulates_and_null_keeps_nothing() {
    let (sum, x) = leaf(GradReq::Add);
    let (none, c) = leaf(GradReq::Null);
    let graph = Arc::new(Graph::new());
    let y = op(&graph, [&x, &c], [2.0, 3.0]);
    backward(&y, 1.0, true, add).unwrap();
    backward(&y, 1.0, true, add).unwrap();
    assert_eq!(gradient(&sum), Some(4.0));
    assert_eq!(gradient(&none), None);
}

#[test]
fn the_pass_that_began_last_replaces_what_another_at_the_same_time_writes() {
    let (leaf, x) = leaf(GradReq::Write);
    let inner = Arc::new(Graph::new());
    let other = op(&inner, [&x, &x], [10.0, 20.0]);
    inner.close();
    // A pass that runs while the first is between two uses of the leaf.
    let meanwhile: Rule<f64> =
        smallbox::smallbox!(move |_: &mut f64, _: &mut Gradients<'_, f64>| {
            std::thread::scope(|scope| {
                let pass = scope.spawn(|| backward(&other, 1.0, true, add));
                pass.join().expect("it does not panic")
            })
        });
    let graph = Arc::new(Graph::new());
    let a = op(&graph, [&x], [1.0]);
    let between = Origin::Node(Arc::clone(&graph), graph.push("between", [&x], meanwhile).unwrap());
    let b = op(&graph, [&x], [2.0]);
    let y = op(&graph, [&a, &between, &b], [1.0, 1.0, 1.0]);
    backward(&y, 1.0, true, add).unwrap();
    assert_eq!(gradient(&leaf), Some(30.0));
}

/// Whether a gradient is wanted is asked when an operation is recorded, and once more in the pass.
#[test]
fn a_frozen_leaf_is_a_constant() {
    let (late, x) = leaf(GradReq::Null);
    let (early, c) = leaf(GradReq::Write);
    assert!(!x.wants_gradient() && c.wants_gradient());
    assert!(matches!(backward(&x, 1.0, true, add), Err(Error::NotRecorded)));
    let graph = Arc::new(Graph::new());
    let y = op(&graph, [&x, &c], [2.0, 3.0]);
    late.set_req(GradReq::Write);
    early.set_req(GradReq::Null);
    backward(&y, 1.0, true, add).unwrap();
    assert_eq!((gradient(&late), gradient(&early)), (None, None));
}

#[test]
fn a_second_pass_over_a_freed_part_fails_and_changes_nothing() {
    let (leaf, x) = leaf(GradReq::Write);
    let graph = Arc::new(Graph::new());
    let y = op(&graph, [&x], [2.0]);
    let z = op(&graph, [&y], [3.0]);
    let other = op(&graph, [&y, &x], [1.0, 100.0]);
    backward(&z, 1.0, false, add).unwrap();
    assert!(matches!(backward(&z, 1.0, false, add), Err(Error::GraphFreed)));
    assert!(matches!(backward(&other, 1.0, false, add), Err(Error::GraphFreed)));
    assert_eq!(gradient(&leaf), Some(6.0));
}

#[test]
fn a_pass_crosses_from_graph_to_graph() {
    let (leaf, x) = leaf(GradReq::Write);
    let first = Arc::new(Graph::new());
    let y = op(&first, [&x], [2.0]);
    let z = op(&first, [&y], [3.0]);
    first.close();
    let second = Arc::new(Graph::new());
    let sum = op(&second, [&z, &y, &z], [1.0, 10.0, 1.0]);
    backward(&sum, 1.0, false, add).unwrap();
    assert_eq!(gradient(&leaf), Some(2.0 * (3.0 * 2.0 + 10.0)));
}

/// The one that was recorded last leads to the other, in whichever order both are used.
#[test]
fn graphs_run_in_the_order_opposite_to_that_of_their_recording() {
    for swapped in [false, true] {
        let (leaf, x) = leaf(GradReq::Write);
        let graphs = [(); 3].map(|()| Arc::new(Graph::new()));
        let y = op(&graphs[0], [&x], [2.0]);
        graphs[0].close();
        let z = op(&graphs[1], [&y], [3.0]);
        graphs[1].close();
        let inputs = if swapped { [&z, &y] } else { [&y, &z] };
        let sum = op(&graphs[2], inputs, [1.0, 1.0]);
        backward(&sum, 1.0, false, add).unwrap();
        assert_eq!(gradient(&leaf), Some(2.0 + 2.0 * 3.0));
    }
}

#[test]
fn a_freed_part_of_another_graph_is_found_before_anything_changes() {
    let (leaf, x) = leaf(GradReq::Write);
    let (first, second) = (Arc::new(Graph::new()), Arc::new(Graph::new()));
    let y = op(&first, [&x], [2.0]);
    first.close();
    backward(&y, 1.0, false, add).unwrap();
    let sum = op(&second, [&y, &x], [1.0, 100.0]);
    assert!(matches!(backward(&sum, 1.0, false, add), Err(Error::GraphFreed)));
    assert_eq!(gradient(&leaf), Some(2.0));
}

#[test]
fn a_graph_that_is_used_again_is_like_a_new_one() {
    let (leaf, x) = leaf(GradReq::Write);
    let mut graph = Arc::new(Graph::new());
    drop(op(&graph, [&x], [2.0]));
    graph.close();
    Arc::get_mut(&mut graph).expect("no value is left").reset();
    assert_eq!(Arc::strong_count(&leaf), 2);
    let y = op(&graph, [&x], [3.0]);
    let rule: Rule<f64> = smallbox!(|_: &mut f64, _: &mut Gradients<'_, f64>| Ok(()));
    assert!(Graph::push(&Arc::new(Graph::new()), "mul", [&y], rule).is_err());
    backward(&y, 1.0, false, add).unwrap();
    assert_eq!(gradient(&leaf), Some(3.0));
}

#[test]
fn an_unfinished_recording_of_another_thread_is_refused() {
    let (_, x) = leaf(GradReq::Write);
    let (open, mine) = (Arc::new(Graph::new()), Arc::new(Graph::new()));
    let y = op(&open, [&x], [2.0]);
    let result =
        mine.push("mul", [&y], smallbox!(|_: &mut f64, _: &mut Gradients<'_, f64>| Ok(())));
    assert!(matches!(result, Err(Error::RecordedElsewhere { op: "mul" })));
}

#[test]
fn a_leaf_is_its_own_gradient() {
    for (req, twice) in [(GradReq::Write, 3.0), (GradReq::Add, 5.0)] {
        let (leaf, x) = leaf(req);
        backward(&x, 2.0, false, add).unwrap();
        backward(&x, 3.0, false, add).unwrap();
        assert_eq!(gradient(&leaf), Some(twice));
    }
}

#[test]
fn constants_have_no_gradient() {
    let graph = Arc::new(Graph::<f64>::new());
    assert!(matches!(backward(&Origin::Constant, 1.0, false, add), Err(Error::NotRecorded)));
    let y = op(&graph, [&Origin::Constant], [2.0]);
    backward(&y, 1.0, false, add).unwrap();
}

#[test]
fn a_graph_dies_with_its_last_value() {
    let (leaf, x) = leaf(GradReq::Write);
    let graph = Arc::new(Graph::new());
    let y = op(&graph, [&x], [2.0]);
    drop(graph);
    assert_eq!(Arc::strong_count(&leaf), 3);
    drop(y);
    assert_eq!(Arc::strong_count(&leaf), 2);
}

#[test]
fn what_a_pass_has_run_keeps_nothing() {
    let (leaf, x) = leaf(GradReq::Write);
    let y = op(&Arc::new(Graph::new()), [&x], [2.0]);
    backward(&y, 1.0, true, add).unwrap();
    assert_eq!(Arc::strong_count(&leaf), 3);
    backward(&y, 1.0, false, add).unwrap();
    assert_eq!(Arc::strong_count(&leaf), 2);
}

#[test]
fn a_pass_that_panicked_leaves_nothing_to_the_next() {
    let (leaf, x) = leaf(GradReq::Write);
    let graph = Arc::new(Graph::new());
    let y = op(&graph, [&x], [5.0]);
    let rule: Rule<f64> =
        smallbox!(|_: &mut f64, _: &mut Gradients<'_, f64>| panic!("as it should"));
    let index = graph.push("panics", [&x], rule).unwrap();
    let panics = Origin::Node(Arc::clone(&graph), index);
    // The pass has put the gradient of `y` into its place when it comes to the rule that panics.
    let sum = op(&graph, [&y, &panics], [3.0, 1.0]);
    let run = std::panic::AssertUnwindSafe(|| backward(&sum, 1.0, true, add));
    assert!(std::panic::catch_unwind(run).is_err());
    let z = op(&graph, [&y], [2.0]);
    backward(&z, 1.0, true, add).unwrap();
    assert_eq!(gradient(&leaf), Some(10.0));
}

#[test]
fn a_chain_of_graphs_may_be_longer_than_the_stack_is_deep() {
    let (leaf, mut x) = leaf(GradReq::Write);
    for _ in 0..100_000 {
        let graph = Arc::new(Graph::new());
        x = op(&graph, [&x], [1.0]);
        graph.close();
    }
    let middle = x.clone();
    backward(&x, 2.0, true, add).unwrap();
    assert_eq!(gradient(&leaf), Some(2.0));
    drop((x, middle));
    assert_eq!(Arc::strong_count(&leaf), 1);
}
