//! Every mistake of `tests/ui` as it should have been: `fixed/<mistake>.rs` beside it.
//!
//! All of them are compiled in here as modules; the list is checked against the folder.

#![allow(dead_code, unreachable_pub)]

macro_rules! neighbours {
    ($($group:ident { $($mistake:ident)* })*) => {
        $(mod $group {$(
            mod $mistake {
                include!(concat!(
                    "ui/", stringify!($group), "/fixed/", stringify!($mistake), ".rs"
                ));
            }
        )*})*

        const LISTED: &[&str] = &[$($(concat!(stringify!($group), "/", stringify!($mistake))),*),*];
    };
}

neighbours! {
    block {
        attribute_of_its_own
        bad_bound
        dotted_name
        duplicate_option
        empty_hint
        equal_names
        field_option_on_type
        named_and_skipped
        no_options
        not_an_option
        option_needs_a_value
        option_on_variant
        option_takes_no_value
        options_after_equals
        several_mistakes
        type_option_on_field
        union
        unknown_field_option
        unknown_option
        value_in_parentheses
        value_of_the_wrong_kind
    }
    in_order {
        forward_by_hand
        no_forward
        not_a_member
        parameter
        tied_parameter
    }
    layer {
        apply_a_vector
        no_bound
        no_operand
        sizes_of_other_axes
        two_outputs
    }
    member {
        behind_an_alias
        hash_map
        map_with_number_keys
        not_a_block
        raw_pointer
        rc
        ref_cell
        reference
        set
        tensor
        tied_and_not_a_member
        trait_object
        type_argument
    }
    new {
        after_equals
        argument_for_a_tied_field
        by_hand_too
        in_an_enum
        later_field
        leaves_the_constructor
        moves_a_field
        not_an_expression
        not_an_initializer
        of_another_type
        on_the_struct
        question_mark
        speaks_of_self
        twice
        without_expression
        wrong_argument
    }
    sequential {
        another_type
        array
        attribute_after_label
        bad_label
        by_index
        count_is_not_a_number
        duplicate_label
        label_after_equals
        label_on_repetition
        later_label
        missing_comma
        no_labels
        no_such_parameter
        not_a_layer
        not_send
        underscore_alone
        unknown_attribute
        unknown_label
    }
    shared {
        after_equals
        another_type
        another_type_with_new
        by_a_skipped_field
        cycle
        deeper_plain_data
        element_of_a_vector
        into_an_option
        itself
        later_field
        name_in_files
        no_such_parameter
        not_a_path
        on_the_struct
        overlapping
        parameter_twice
        parameter_with_block
        plain_data
        private_field
        skipped_field
        skipped_field_is_not_clone
        transposed
        tuple_index
        two_sources
        unknown_field
        unlike_any_field
        with_self
        without_source
    }
}

#[test]
fn every_mistake_has_a_neighbour_that_compiles() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/ui");
    let mut mistakes = Vec::new();
    for group in std::fs::read_dir(&folder).expect("the folder of mistakes is there") {
        let group = group.expect("a folder can be read").path();
        for file in std::fs::read_dir(&group).expect("a folder can be read") {
            let file = file.expect("a folder can be read").path();
            if file.extension().is_some_and(|extension| extension == "rs") {
                let path = file.strip_prefix(&folder).expect("it is in the folder");
                mistakes.push(path.with_extension("").display().to_string().replace('\\', "/"));
            }
        }
    }
    mistakes.sort();
    let mut listed: Vec<&str> = LISTED.to_vec();
    listed.sort_unstable();
    assert_eq!(mistakes, listed);
    assert!(mistakes.len() >= 60, "{} mistakes", mistakes.len());
}
