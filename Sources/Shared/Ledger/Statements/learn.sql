SELECT directory.learn($1::uuid, $2::timestamptz, $3::boolean, $4::text, $5::text, $6::text, $7::text)
