//! Devices, and gradients kept and summed as in MXNet's `contexts_hooks_autograd.json`.

use gluon::autograd::{GradReq, is_recording, pause, record};
use gluon::data::split_and_load;
use gluon::init::Constant;
use gluon::nn::Dense;
use gluon::optim::Sgd;
use gluon::prelude::*;
use gluon::train::{Replicas, Trainer};
use serde_json::Value;

use crate::golden::{self, ROUNDED, assert_close};

const DEVICES: [Device; 2] = [Device::Cpu(0), Device::Cpu(1)];

#[track_caller]
fn assert_all(replicas: &Replicas<Dense>, get: fn(&Parameter) -> Result<Tensor>, golden: &Value) {
    for (layer, (expected, device)) in
        replicas.iter().zip(golden.as_array().unwrap().iter().zip(DEVICES))
    {
        let found = get(&layer.weight).unwrap();
        assert_eq!(found.device(), device);
        assert_close("weight", &found, expected, ROUNDED);
    }
}

#[derive(Block)]
struct Twice {
    #[new(Dense::new(2).in_units(2))]
    first: Dense,
    #[shared(first)]
    again: Dense,
}

#[test]
fn gradients_are_summed_over_devices_and_every_copy_is_updated() {
    let golden = golden::open("contexts_hooks_autograd.json");
    let golden = &golden["contexts"];
    let layer = Dense::new(1).in_units(2).no_bias();
    layer.weight.set_data(&Tensor::from([[1.0f32, 2.0]])).unwrap();
    let backward = |replicas: &Replicas<Dense>| {
        for (index, layer) in replicas.iter().enumerate() {
            let x = Tensor::full([1, 2], index as f64 + 1.0, DType::F32)
                .to_device(DEVICES[index])
                .unwrap();
            record(|| layer.forward(&x)).unwrap().backward().unwrap();
        }
    };

    let replicas = Replicas::new(&layer, &DEVICES).unwrap();
    let mut trainer = Trainer::new(replicas.collect_params(), Sgd::new(0.1)).unwrap();
    backward(&replicas);
    assert_all(&replicas, Parameter::grad, &golden["per_ctx_grads"]);
    replicas.all_reduce().unwrap();
    assert_all(&replicas, Parameter::grad, &golden["after_allreduce_grads"]);
    assert_all(&replicas, Parameter::data, &golden["weights_unchanged_by_allreduce"]);
    trainer.step(2).unwrap();
    replicas.broadcast().unwrap();
    assert_all(&replicas, Parameter::data, &golden["after_update_batch2_lr0.1"]);

    let replicas = Replicas::new(&layer, &DEVICES).unwrap();
    let mut trainer = Trainer::new(replicas.collect_params(), Sgd::new(0.1)).unwrap();
    backward(&replicas);
    replicas.step(&mut trainer, 2).unwrap();
    assert_all(&replicas, Parameter::data, &golden["after_step_batch2_lr0.1"]);
    // A second step without a new gradient, on whichever device, is refused.
    assert!(matches!(replicas.step(&mut trainer, 2), Err(Error::StaleGradient { .. })));
    let first = replicas.iter().next().unwrap();
    record(|| first.forward(&Tensor::ones([1, 2]))).unwrap().backward().unwrap();
    assert!(matches!(replicas.step(&mut trainer, 2), Err(Error::StaleGradient { .. })));
    assert_all(&replicas, Parameter::data, &golden["after_step_batch2_lr0.1"]);
    assert!(Replicas::new(&layer, &[]).is_err());
    assert!(Replicas::new(&Dense::new(2), &DEVICES).is_err());
    // Copies would train what is meant to be one as two.
    let mut broken = Twice::new();
    broken.initialize().unwrap();
    broken.again = Dense::new(2).in_units(2);
    broken.again.initialize().unwrap();
    assert!(matches!(Replicas::new(&broken, &DEVICES), Err(Error::BrokenTie { .. })));
}

#[test]
fn parameters_are_made_and_moved_where_they_are_told() {
    let mut layer = Dense::new(2).in_units(3);
    layer
        .initialize_with(gluon::init::Initialization::from(Constant(1.0)).on(Device::Cpu(1)))
        .unwrap();
    assert_eq!(layer.weight.data().unwrap().device(), Device::Cpu(1));
    assert_eq!(layer.weight.grad().unwrap().device(), Device::Cpu(1));
    layer.to_device(Device::Cpu(2));
    assert_eq!(layer.weight.data().unwrap().device(), Device::Cpu(2));

    let layer = Device::Cpu(3).scope(|| {
        assert_eq!(Tensor::from([1.0, 2.0]).device(), Device::Cpu(3));
        Dense::new(2)
    });
    assert_eq!(layer.weight.device(), Device::Cpu(3));
    assert_eq!(Device::current(), Device::Cpu(0));
}

#[test]
fn tensors_move_and_are_copied() {
    let x = Tensor::arange(3);
    let moved = x.to_device(Device::Cpu(1)).unwrap();
    assert_eq!(moved.device(), Device::Cpu(1));
    assert_eq!(x.copy_to(Device::Cpu(1)), x);
    assert_eq!(x.copy_to(Device::Cpu(1)).device(), Device::Cpu(1));
    // Labels of one memory may be mixed; the result is where the first operand is.
    assert_eq!((&moved + &x).device(), Device::Cpu(1));
    assert_eq!(DEVICES.map(|device| device.to_string()), ["cpu(0)", "cpu(1)"]);
}

#[test]
fn a_gpu_is_refused_with_what_there_is() {
    let error = "gpu(0)".parse::<Device>().unwrap_err().to_string();
    let expected = "there is no device `gpu(0)`; this build computes on `cpu(0)`, `cpu(1)`, ..";
    assert_eq!(error, expected);
    for text in ["cpu(", "cpu)", "cpu(-1)", "cpux", ""] {
        assert!(text.parse::<Device>().is_err(), "{text}");
    }
    assert_eq!("cpu".parse::<Device>().unwrap(), Device::Cpu(0));
    assert_eq!(Device::num_gpus(), 0);
}

#[test]
fn gradients_are_written_added_kept_and_cut_as_in_mxnet() {
    let golden = golden::open("contexts_hooks_autograd.json");
    let golden = &golden["autograd"];
    let close = |what: &str, found: Tensor| assert_close(what, &found, &golden[what], ROUNDED);
    // A matrix of halves, three times: there in a net of one layer used three times.
    let layer = Dense::new(2).in_units(2).no_bias();
    layer.weight.set_data(&Tensor::full([2, 2], 0.5, DType::F32)).unwrap();
    let x = Tensor::from([[1.0f32, 2.0]]);
    let forward = || record(|| x.apply(&layer)?.apply(&layer)?.apply(&layer)).unwrap();
    forward().backward().unwrap();
    close("write_shared3x_first", layer.weight.grad().unwrap());
    forward().backward().unwrap();
    close("write_shared3x_second_backward_overwrites", layer.weight.grad().unwrap());
    layer.weight.set_grad_req(GradReq::Add);
    close("after_switch_to_add", layer.weight.grad().unwrap());
    forward().backward().unwrap();
    close("add_1", layer.weight.grad().unwrap());
    forward().backward().unwrap();
    close("add_2", layer.weight.grad().unwrap());
    layer.weight.zero_grad();
    close("after_zero_grad", layer.weight.grad().unwrap());
    let y = forward();
    y.backward_with(&Tensor::ones([1, 2]), true).unwrap();
    y.backward().unwrap();
    close("add_retain_graph_twice", layer.weight.grad().unwrap());
    assert!(matches!(y.backward(), Err(Error::GraphFreed)));
    assert!(matches!(x.apply(&layer).unwrap().backward(), Err(Error::NotRecorded)));

    let mut x = Tensor::from([1.0f32, 2.0, 3.0]);
    x.attach_grad();
    let square = |x: &Tensor| record(|| x.mul(x)).unwrap();
    square(&x).backward().unwrap();
    close("vector_default_head_is_ones", x.grad().unwrap());
    square(&x).backward_with(&Tensor::from([1.0f32, 10.0, 100.0]), false).unwrap();
    close("vector_head", x.grad().unwrap());
    record(|| x.mul(x.mul(&x)?.detach())).unwrap().backward().unwrap();
    close("detach", x.grad().unwrap());
    let half = record(|| {
        let u = x.mul(2.0)?;
        let k = pause(|| {
            assert_eq!(Some(is_recording()), golden["recording_inside_pause"].as_bool());
            u.mul(3.0)
        })?;
        u.mul(&k)
    });
    half.unwrap().backward().unwrap();
    close("pause_blocks_grad", x.grad().unwrap());
}

#[test]
fn replicas_may_run_on_threads_of_their_own() {
    let mut net = Dense::new(3).in_units(4);
    net.initialize().unwrap();
    let x = Tensor::arange(40).reshape([10, 4]).unwrap();
    let train = |threads: bool| {
        let replicas = Replicas::new(&net, &DEVICES).unwrap();
        let mut trainer = Trainer::new(replicas.collect_params(), Sgd::new(0.01)).unwrap();
        for _ in 0..3 {
            let parts = split_and_load(&x, &DEVICES).unwrap();
            let backward = |net: &Dense, x: &Tensor| {
                record(|| net.forward(x)?.square()).unwrap().backward().unwrap();
            };
            let pairs = || replicas.iter().zip(&parts);
            match threads {
                true => std::thread::scope(|scope| {
                    pairs().for_each(|(net, x)| drop(scope.spawn(move || backward(net, x))));
                }),
                false => pairs().for_each(|(net, x)| backward(net, x)),
            }
            replicas.step(&mut trainer, 10).unwrap();
        }
        replicas.iter().map(|net| net.weight.data().unwrap()).collect::<Vec<_>>()
    };
    let (together, apart) = (train(true), train(false));
    assert_eq!(together, apart);
    assert_eq!(together[0], together[1]);
    assert_ne!(together[0], net.weight.data().unwrap());
}
