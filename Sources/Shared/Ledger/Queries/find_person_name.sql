-- What a person is called, by the word of `identity`; no row for one of whom it said nothing, or who is gone.
SELECT name FROM directory.people WHERE id = $1::uuid AND name IS NOT NULL
