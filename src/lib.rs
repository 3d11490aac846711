//! gluon
