//! Result stores: MySQL (production) and SQLite (embedded) behind one loader contract.
