// libpq, PostgreSQL's C client library. Imported by Sources/Shared/Postgres/PostgresHandle.swift and by nothing else.
#ifndef CONTACTO_CLIBPQ_SHIM_H
#define CONTACTO_CLIBPQ_SHIM_H

#include <postgresql/libpq-fe.h>

#endif
