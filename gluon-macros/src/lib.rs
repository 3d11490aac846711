//! The derive and macros of gluon.
