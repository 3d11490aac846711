//! The error index is made of the programs in `tests/ui`, so that all of it is tested.
//!
//! `UPDATE_EXPECT=1 cargo test --test error_index` writes it anew.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use expect_test::expect_file;

/// Folders of `tests/ui`, and what the mistakes in each are about.
const GROUPS: &[(&str, &str)] = &[
    ("block", "`#[block(..)]`"),
    ("new", "`#[new(..)]` and the constructor"),
    ("shared", "`#[shared(..)]`"),
    ("member", "What cannot be a field"),
    ("in_order", "`#[block(sequential)]`"),
    ("sequential", "`sequential!`"),
    ("layer", "Layers in use"),
];

const HEAD: &str = "\
# Error index

Every mistake that macros and traits answer: a program that makes it, what the compiler says, and the program as it
should have been. All of them are compiled, and the messages are the compiler's own.
";

#[test]
fn the_error_index_is_what_the_compiler_says() {
    let mut index = HEAD.to_owned();
    for (group, title) in GROUPS {
        write!(index, "\n## {title}\n").expect("a string takes all");
        for file in sorted(&folder().join(group)) {
            if file.extension().is_some_and(|extension| extension == "rs") {
                index.push_str(&entry(&file));
            }
        }
    }
    expect_file!["../docs/guide/errors.md"].assert_eq(&index);
}

#[test]
fn every_group_is_in_the_index() {
    let mut groups: Vec<&str> = GROUPS.iter().map(|(group, _)| *group).collect();
    groups.sort_unstable();
    let folders: Vec<String> = sorted(&folder())
        .iter()
        .filter_map(|folder| Some(folder.file_name()?.to_str()?.to_owned()))
        .collect();
    assert_eq!(groups, folders);
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/ui")
}

fn sorted(folder: &Path) -> Vec<PathBuf> {
    let files = fs::read_dir(folder).expect("the folder is there");
    let mut files: Vec<PathBuf> = files.map(|file| file.expect("it can be read").path()).collect();
    files.sort();
    files
}

fn entry(file: &Path) -> String {
    let read = |path: PathBuf| {
        fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    };
    let name = file.file_stem().and_then(|name| name.to_str()).expect("names are plain");
    let fixed = file.with_file_name("fixed").join(format!("{name}.rs"));
    let (text, program) = program(&read(file.to_owned()));
    let (_, fixed) = self::program(&read(fixed));
    let message = message(&read(file.with_extension("stderr")));
    let title = name.replace('_', " ");
    format!(
        "\n### {title}\n\n{text}\n\n```rs\n{program}\n```\n\n\
         ```text\n{message}\n```\n\nIt should have been:\n\n```rs\n{fixed}\n```\n"
    )
}

/// The text above a program, and the program without what all of them begin and end with.
fn program(source: &str) -> (String, String) {
    let text: Vec<&str> = source.lines().map_while(|line| line.strip_prefix("// ")).collect();
    let program: Vec<&str> = source
        .lines()
        .skip(text.len())
        .filter(|line| !line.starts_with("use gluon::") && *line != "fn main() {}")
        .collect();
    (text.join(" "), program.join("\n").trim().replace("\n\n\n", "\n\n"))
}

/// A message without places in files.
fn message(stderr: &str) -> String {
    let places = |line: &&str| !line.trim_start().starts_with("--> ");
    let lines = stderr.lines().filter(places).map(|line| match line.split_once('|') {
        Some((number, rest)) if number.trim().chars().all(|digit| digit.is_ascii_digit()) => {
            format!("{}|{rest}", " ".repeat(number.len()))
        }
        _ => line.to_owned(),
    });
    lines.collect::<Vec<_>>().join("\n").trim_end().to_owned()
}
