//! Layering: a module of `gluon-core` imports modules of lower rows only.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// The modules from the bottom up; those of one row do not import each other.
const ROWS: [&[&str]; 13] = [
    &["shape", "hash"],
    &["buffer"],
    &["dtype"],
    &["error"],
    &["random", "device", "picture", "pattern"],
    &["tape", "kernel"],
    &["tensor"],
    &["autograd"],
    &["ops", "init"],
    &["parameter"],
    &["block"],
    &["nn", "loss", "optim", "persist", "data", "metric"],
    &["train"],
];

/// Who imports upwards all the same, and why.
const EXCEPTIONS: [(&str, &str, &str); 2] = [
    ("buffer", "dtype", "a buffer is typed at run time, and an element type says how it is stored"),
    ("buffer", "error", "`for_float!` makes the error where it is used, which is above"),
];

fn row(module: &str) -> Option<usize> {
    ROWS.iter().position(|row| row.contains(&module))
}

fn sources() -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "gluon-core", "src"].iter().collect()
}

/// Every file of code below `folder`, but not those of tests.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap();
        if name == "tests" {
            continue;
        }
        if path.is_dir() {
            files.extend(self::files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files
}

/// The modules that `code` names after `crate::`, outside comments and unit tests.
fn imports(code: &str) -> BTreeSet<String> {
    let code = code.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
    let code = code.split("#[cfg(test)]\npub(crate) mod tests {").next().unwrap_or_default();
    let lines = code.lines().filter(|line| !line.trim_start().starts_with("//"));
    let mut modules = BTreeSet::new();
    for line in lines {
        for path in line.split("crate::").skip(1) {
            assert!(!path.starts_with('{'), "one `use` a module, please: {line}");
            let end = path.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(path.len());
            modules.insert(path[..end].to_owned());
        }
    }
    modules
}

#[test]
fn modules_import_lower_rows_only() {
    let folder = sources();
    let mut wrong = Vec::new();
    let mut excused = BTreeSet::new();
    for file in files(&folder) {
        let path = file.strip_prefix(&folder).unwrap();
        let module = path.iter().next().unwrap().to_str().unwrap().trim_end_matches(".rs");
        if module == "lib" {
            continue;
        }
        let own = row(module).unwrap_or_else(|| panic!("`{module}` is in no row"));
        for import in imports(&fs::read_to_string(&file).unwrap()) {
            // What is no module is a macro or a re-export, which `lib.rs` has for users alone.
            let lower = row(&import).is_some_and(|row| row < own);
            if import == module || lower {
                continue;
            }
            match EXCEPTIONS.iter().position(|&(from, to, _)| (from, to) == (module, &*import)) {
                Some(exception) => drop(excused.insert(exception)),
                None => wrong.push(format!("{} imports `{import}`", path.display())),
            }
        }
    }
    assert!(wrong.is_empty(), "not from a lower row:\n{}", wrong.join("\n"));
    assert_eq!(excused.len(), EXCEPTIONS.len(), "an exception that nobody needs any more");
}

/// What documentation alone imports is not there for the crate that shows this one's items as its
/// own: links by such names are lost.
#[test]
fn nothing_is_imported_for_documentation_alone() {
    for path in files(&sources()) {
        let code = fs::read_to_string(&path).unwrap();
        assert!(!code.contains("#[cfg(doc)]"), "write a path in {}", path.display());
    }
}

#[test]
fn every_module_has_a_row() {
    let root = fs::read_to_string(sources().join("lib.rs")).unwrap();
    let declared: BTreeSet<&str> = root
        .lines()
        .filter_map(|line| line.trim_start_matches("pub ").strip_prefix("mod ")?.strip_suffix(';'))
        .collect();
    assert_eq!(declared, ROWS.concat().into_iter().collect());
}
