// hiredis, the C client library of Redis. Imported by Sources/Shared/Redis/RedisHandle.swift and by nothing else.
#ifndef CONTACTO_CHIREDIS_SHIM_H
#define CONTACTO_CHIREDIS_SHIM_H

#include <hiredis/hiredis.h>

#endif
