// librabbitmq, the C client library of AMQP 0-9-1. Imported by Sources/Shared/AMQP/AMQPHandle.swift and by nothing else.
#ifndef CONTACTO_CRABBITMQ_SHIM_H
#define CONTACTO_CRABBITMQ_SHIM_H

#include <amqp.h>
#include <amqp_framing.h>
#include <amqp_ssl_socket.h>
#include <amqp_tcp_socket.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

// `struct timeval` stays here: which Clang module it belongs to depends on who else includes it first.
static inline int contacto_open(amqp_socket_t *socket, const char *host, int port, int seconds) {
  struct timeval timeout = {.tv_sec = seconds, .tv_usec = 0};
  return amqp_socket_open_noblock(socket, host, port, &timeout);
}

static inline int contacto_wait_frame(amqp_connection_state_t state, amqp_frame_t *frame, long microseconds) {
  struct timeval timeout = {.tv_sec = microseconds / 1000000, .tv_usec = microseconds % 1000000};
  return amqp_simple_wait_frame_noblock(state, frame, &timeout);
}

// OpenSSL asks this about every certificate of the peer's chain. The verdict is left as it is; the first reason for a
// refusal is kept where `contacto_tls_open` asked for it.
static int contacto_tls_note(int is_fine, X509_STORE_CTX *store) {
  if (!is_fine) {
    SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
    long *refusal = ssl ? SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)) : NULL;
    if (refusal && *refusal == X509_V_OK) *refusal = X509_STORE_CTX_get_error(store);
  }
  return is_fine;
}

// Without this OpenSSL would ask for the password of an encrypted key on the terminal.
static int contacto_tls_no_password(char *buffer, int size, int is_writing, void *data) {
  (void)buffer, (void)size, (void)is_writing, (void)data;
  return 0;
}

// TLS 1.2 or later, a peer whose chain ends in a known authority, and whose certificate is for `host`: OpenSSL checks
// that during the handshake, before a byte of AMQP is sent. The library's own look at the name comes after it and knows
// no addresses, so it is not used. Returns 1, or 0 if the settings are refused.
static inline int contacto_tls_prepare(amqp_socket_t *socket, const char *host) {
  SSL_CTX *context = amqp_ssl_socket_get_context(socket);
  X509_VERIFY_PARAM *expected = SSL_CTX_get0_param(context);
  amqp_ssl_socket_set_verify_peer(socket, 1);
  amqp_ssl_socket_set_verify_hostname(socket, 0);
  SSL_CTX_set_default_passwd_cb(context, contacto_tls_no_password);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, contacto_tls_note);
  X509_VERIFY_PARAM_set_hostflags(expected, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  // An address, or else a name.
  if (!X509_VERIFY_PARAM_set1_ip_asc(expected, host) && !X509_VERIFY_PARAM_set1_host(expected, host, 0)) return 0;
  return SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
}

// The authorities that the system trusts. Returns 1 or 0.
static inline int contacto_tls_trust_system(amqp_socket_t *socket) {
  return SSL_CTX_set_default_verify_paths(amqp_ssl_socket_get_context(socket));
}

// Connects and shakes hands within the time. `refusal` is X509_V_OK or why the peer's certificate was refused.
static inline int contacto_tls_open(amqp_socket_t *socket, const char *host, int port, int seconds, long *refusal) {
  SSL_CTX *context = amqp_ssl_socket_get_context(socket);
  int status;
  *refusal = X509_V_OK;
  SSL_CTX_set_app_data(context, refusal);
  status = contacto_open(socket, host, port, seconds);
  // A later handshake must not write where `refusal` was.
  SSL_CTX_set_app_data(context, NULL);
  return status;
}

// Why OpenSSL's last call on this thread failed: a constant text, or NULL.
static inline const char *contacto_tls_reason(void) {
  return ERR_reason_error_string(ERR_peek_last_error());
}

#endif
