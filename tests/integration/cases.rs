//! Every case of MXNet's `naming.json`, `errors.json` and `reprs.json`: the test that answers it here, or why it
//! does not arise.

use std::fs;

use crate::golden;

enum Answer {
    /// A test in a file of `tests`.
    Test(&'static str, &'static str),
    /// What there is instead.
    Instead(&'static str),
}

use Answer::{Instead, Test};

const PARAMETERS: &str = "integration/parameters.rs";
const INITIALIZATION: &str = "integration/initialization.rs";
const NAMING: &str = "integration/naming.rs";
const REPRS: &str = "integration/reprs.rs";
const HOOKS: &str = "integration/hooks.rs";
const DEVICES: &str = "integration/devices.rs";

const ERRORS: &[(&[&str], Answer)] = &[
    (
        &[
            "forward_before_initialize",
            "data_before_initialize",
            "grad_before_initialize",
            "save_before_initialize",
            "summary_before_initialize",
            "trainer_before_initialize",
            "zero_grad_before_initialize_is_noop",
            "set_data_before_initialize",
            "reset_ctx_before_initialize",
            "list_ctx_before_initialize",
        ],
        Test(PARAMETERS, "reading_before_initialize_says_what_to_call"),
    ),
    (
        &[
            "data_while_deferred",
            "grad_while_deferred",
            "save_while_deferred",
            "list_ctx_while_deferred",
            "bias_of_deferred_dense_is_ready",
            "shape_before_and_after_forward",
            "forward_shape_mismatch",
            "trainer_on_deferred_ok_until_step",
        ],
        Test(PARAMETERS, "reading_while_deferred_says_what_to_do"),
    ),
    (
        &[
            "param_unknown_shape_not_deferrable",
            "param_no_shape_deferrable",
            "finish_deferred_with_unknown_shape",
            "custom_block_deferred_not_inferred",
            "set_data_while_deferred_fixes_shape_but_not_data",
            "set_shape_conflict",
            "set_shape_fills_unknown",
            "set_shape_unknown_over_known",
            "int_shape_becomes_tuple",
        ],
        Test(PARAMETERS, "a_shape_is_completed_by_whoever_knows_it"),
    ),
    (
        &[
            "initialize_twice_warns_per_ready_param",
            "initialize_twice_while_deferred_warns_for_bias_only",
            "force_reinit_changes_values",
        ],
        Test(INITIALIZATION, "initializing_again_keeps_values_unless_it_is_forced"),
    ),
    (
        &["set_data_wrong_shape", "constant_set_data_allowed"],
        Test(PARAMETERS, "values_are_set_and_keep_the_shape_and_type"),
    ),
    (
        &["grad_of_null", "list_grad_of_null", "toggle_null_then_write_gives_zero_grad"],
        Test(PARAMETERS, "gradients_are_kept_as_grad_req_says"),
    ),
    (&["xavier_on_vector"], Test(INITIALIZATION, "a_failed_initialize_leaves_every_value")),
    (
        &[
            "layer_init_beats_global_init",
            "bias_initializer_none_uses_default_uniform",
            "unknown_initializer_name",
        ],
        Test(INITIALIZATION, "the_initializer_of_a_layer_beats_that_of_the_model"),
    ),
    (&["dict_update_conflict"], Test(PARAMETERS, "dictionaries_are_merged_unless_names_meet")),
    (&["dict_get_missing_key"], Test(PARAMETERS, "a_missing_key_panics")),
    (
        &[
            "share_different_units",
            "share_conflicting_in_units",
            "share_fills_in_units",
            "share_with_bias_from_no_bias",
            "share_different_dtype",
        ],
        Test(PARAMETERS, "parameters_are_shared_at_run_time"),
    ),
    (
        &[
            "trainer_step_without_backward",
            "trainer_ignore_stale_grad",
            "trainer_stale_grad_raises",
        ],
        Test(PARAMETERS, "a_step_wants_a_gradient_since_the_last"),
    ),
    (
        &["backward_outside_record", "backward_twice"],
        Test(DEVICES, "gradients_are_written_added_kept_and_cut_as_in_mxnet"),
    ),
    (
        &["ctx_single_any", "reset_ctx"],
        Test(DEVICES, "parameters_are_made_and_moved_where_they_are_told"),
    ),
    (&["gpu_without_gpu"], Test(DEVICES, "a_gpu_is_refused_with_what_there_is")),
    (
        &["handle_detached_twice_is_noop"],
        Test(HOOKS, "hooks_run_in_order_around_forward_until_they_are_dropped"),
    ),
    (&["list_of_blocks_not_registered"], Test(NAMING, "layers_in_a_list_are_registered")),
    (
        &["trainer_default_learning_rate"],
        Test("integration/trainers.rs", "a_new_learning_rate_counts_from_the_next_step"),
    ),
    (
        &["ctx_not_initialized_on", "ctx_default_when_several", "trainer_mixed_contexts"],
        Instead(
            "a parameter is on one device; several devices are `Replicas`, which copies whole models",
        ),
    ),
    (
        &["forward_on_wrong_ctx"],
        Instead("labels of one memory compute with each other; `tensors_move_and_are_copied`"),
    ),
    (
        &["constant_refuses_grad_req", "constant_grad", "not_differentiable_forces_null"],
        Instead("unit test `a_constant_is_never_trained_nor_initialized` of `parameter/state.rs`"),
    ),
    (
        &["sequential_index_out_of_range"],
        Instead("unit test `places_count_from_both_ends` of `nn/sequential/edit.rs`"),
    ),
    (
        &["json_initializer_string", "mixed_does_not_work_with_gluon"],
        Instead("examples of `init::named` and `init::Mixed`, which can be given to `initialize`"),
    ),
    (
        &["bad_grad_req", "bad_activation_only_fails_on_forward", "loss_weight_must_be_number"],
        Instead("an enum or a number, so that others do not compile"),
    ),
    (&["bad_stype", "bad_grad_stype"], Instead("parameters are dense")),
    (&["param_no_shape"], Instead("a parameter always has a rank")),
    (
        &[
            "dict_get_shape_conflict",
            "dict_get_shape_merge",
            "dict_get_ndim_conflict",
            "dict_get_attr_conflict_lr_mult",
            "dict_get_dtype_conflict",
            "dict_get_init_fills_when_none",
            "dict_shared_lookup",
            "constant_missing",
            "constant_value_conflict",
            "constant_but_parameter_exists",
        ],
        Instead("parameters are declared as fields; a dictionary finds them and makes none"),
    ),
    (
        &["change_child_type", "override_parameter_attribute"],
        Instead(
            "a field keeps its type; assigning it replaces the parameter, declared ties come back",
        ),
    ),
    (
        &["duplicate_names_in_tree"],
        Instead(
            "names follow from fields; equal ones are an error of the derive or of `initialize`",
        ),
    ),
    (
        &["forward_not_implemented", "trainer_bad_list", "trainer_bad_params_type"],
        Instead("does not compile, with our words: `tests/ui`"),
    ),
    (
        &["trainer_unknown_optimizer", "trainer_optimizer_instance_plus_params"],
        Instead("an optimizer is a value of its type, with its settings"),
    ),
    (
        &["trainer_set_lr_with_scheduler"],
        Instead("a question of the trainers: `integration/trainers.rs`"),
    ),
    (&["handle_attached_twice"], Instead("a hook is attached when it is made, and only then")),
    (
        &["hybrid_child_must_be_hybrid", "summary_hybridized", "export_before_hybridize"],
        Instead("there are no hybrid blocks: all of them run compiled code"),
    ),
    (
        &["initdesc_unknown_suffix"],
        Instead(
            "initializers do not look at suffixes of names, as in Gluon; `Mixed` looks at names",
        ),
    ),
];

const NAMES: &[(&[&str], Answer)] = &[
    (&["book_mlp0_dense0_weight"], Test(NAMING, "a_model_is_number_0_of_its_type_in_lower_case")),
    (&["mlp_with_scope"], Test(NAMING, "a_second_model_is_numbered_by_the_caller")),
    (
        &["prefix_with_underscore", "prefix_without_underscore", "prefix_empty"],
        Test(NAMING, "a_prefix_stands_as_it_is_given"),
    ),
    (
        &["scope_reentered_continues_counting", "sequential_without_scope"],
        Test(NAMING, "layers_of_a_sequential_are_counted_by_hint_and_indexed_in_files"),
    ),
    (&["two_denses_top_level"], Test(NAMING, "the_hint_of_a_dense_layer_alone_is_dense")),
    (&["nested_scopes"], Test(NAMING, "inner_blocks_count_anew")),
    (
        &["same_block_added_three_times"],
        Test(NAMING, "a_layer_used_three_times_has_three_paths_and_one_name"),
    ),
    (&["shared_is_constructed_first"], Test(NAMING, "a_layer_tied_to_another_keeps_its_path")),
    (
        &["collect_params_regex_is_match_from_start"],
        Test(NAMING, "a_selection_matches_from_the_start"),
    ),
    (
        &["attribute_replaced_keeps_position"],
        Test(NAMING, "a_replaced_layer_takes_the_place_of_the_old_one"),
    ),
    (
        &["direct_parameter_attribute_not_collected"],
        Test(NAMING, "parameters_of_ones_own_are_called_by_their_field"),
    ),
    (&["constant_name"], Test(NAMING, "a_constant_is_named_as_a_parameter")),
    (&["slice_of_sequential"], Test(NAMING, "a_slice_of_a_net_holds_its_layers")),
    (
        &["apply_order_children_first"],
        Test("integration/chapter.rs", "a_function_visits_children_before_their_parents"),
    ),
    (
        &["share_by_params_or_collect_params", "composite_sharing_by_prefix"],
        Test(PARAMETERS, "parameters_are_shared_at_run_time"),
    ),
    (
        &["mlp_without_scope", "composite_sharing_without_scope_does_not_share"],
        Instead("every block is a scope, so that names never depend on what was built before"),
    ),
    (
        &["explicit_prefix_does_not_advance_counter", "sequential_with_scope"],
        Instead("only the whole model has a prefix of its own; blocks in it are counted by hint"),
    ),
    (
        &["constructed_outside_scope_added_inside"],
        Instead("a layer is named by where it stands, not by where it was made"),
    ),
    (
        &["dense_activation_child"],
        Instead("the activation of a dense layer is a part of it and no child"),
    ),
    (
        &["hints_of_layers", "scope_counters_are_per_hint", "lstm_structural_names"],
        Instead(
            "hints are counted as in `block/names.rs`; those of the layers belong to `layers.rs`",
        ),
    ),
    (
        &["register_child_names"],
        Instead("the layers of a `Sequential` are its indices; a `BTreeMap` has keys"),
    ),
    (
        &["params_get_without_attribute_not_structural", "own_params_only_in_block_params"],
        Instead("a parameter is a field, so it is collected and saved"),
    ),
];

const PRINTED: &[(&[&str], Answer)] = &[
    (
        &[
            "dense",
            "dense_act",
            "dense_nobias",
            "activation",
            "conv2d",
            "conv2d_known",
            "conv1d",
            "maxpool",
            "avgpool",
            "gavgpool",
            "bn",
            "bn_known",
            "ln",
            "gn",
            "in",
            "embedding",
            "flatten",
            "dropout",
            "leaky",
            "lstm",
            "lstm2",
            "gru",
            "rnn",
            "lstmcell",
            "seq_empty",
            "mlp",
            "nest",
            "mydense",
        ],
        Test(REPRS, "layers_print_as_a_line_and_models_as_a_tree"),
    ),
    (&["nested", "nested_after_forward"], Test(REPRS, "nets_in_nets_are_indented")),
    (&["params_of_nested"], Test(REPRS, "a_dictionary_of_parameters_prints_one_a_line")),
    (&["param_default_dtype", "param_f64"], Test(REPRS, "parameters_print_name_shape_and_type")),
    (
        &["constant", "paramdict_empty", "paramdict_prefix_empty", "context", "lambda"],
        Test(REPRS, "constants_devices_and_empty_dictionaries_print_as_in_gluon"),
    ),
    (
        &["summary_nested", "summary_shared_and_bn", "summary_conv"],
        Test(HOOKS, "a_summary_counts_what_gluons_does"),
    ),
    (
        &["summary_mlp_first_forward"],
        Instead(
            "the first `forward` is like any other; a shape that is a symbol is a defect there",
        ),
    ),
    (
        &["conv2dtranspose"],
        Instead("Gluon prints the sizes of the weight, which are the other way round"),
    ),
    (&["prelu", "elu"], Instead("settings are printed, which Gluon leaves out")),
    (&["hybridlambda"], Instead("there are no hybrid blocks: it is a `Lambda`")),
    (&["l2loss", "softmaxce", "l1w"], Instead("a loss is no block; `Debug` prints its settings")),
    (&["block"], Instead("there is no bare `Block`")),
    (&["param_no_shape"], Instead("a parameter always has a rank")),
    (
        &["ndarray_1d", "ndarray_2d", "ndarray_int"],
        Instead("numbers are printed as Rust does, and the element type with them"),
    ),
];

/// Asserts that every case of `file` is answered once, by a test that there is.
fn assert_answered(file: &str, answers: &[(&[&str], Answer)]) {
    let golden = golden::open(file);
    let ids = answers.iter().flat_map(|(ids, _)| ids.iter().copied());
    golden::assert_complete(&golden["cases"], &ids.collect::<Vec<_>>());
    for (ids, answer) in answers {
        match answer {
            Test(path, name) => {
                let path = [env!("CARGO_MANIFEST_DIR"), "tests", path].join("/");
                let code = fs::read_to_string(&path).unwrap();
                assert!(code.contains(&format!("fn {name}(")), "{ids:?}: no `{name}` in {path}");
            }
            Instead(reason) => assert!(!reason.is_empty(), "{ids:?}"),
        }
    }
}

#[test]
fn every_case_of_naming_is_answered() {
    assert_answered("naming.json", NAMES);
}

#[test]
fn every_case_of_errors_is_answered() {
    assert_answered("errors.json", ERRORS);
}

#[test]
fn every_printed_form_is_answered() {
    assert_answered("reprs.json", PRINTED);
}
