// librabbitmq, the C client library of AMQP 0-9-1. Imported by Sources/Shared/AMQP/AMQPHandle.swift and by nothing else.
#ifndef CONTACTO_CRABBITMQ_SHIM_H
#define CONTACTO_CRABBITMQ_SHIM_H

#include <amqp.h>
#include <amqp_framing.h>
#include <amqp_ssl_socket.h>
#include <amqp_tcp_socket.h>

#endif
