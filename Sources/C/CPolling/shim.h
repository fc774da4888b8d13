// System calls that Glibc's module does not carry into Swift. Imported by Sources/Shared/Polling/SystemHandle.swift and
// by nothing else.
#ifndef CONTACTO_CPOLLING_SHIM_H
#define CONTACTO_CPOLLING_SHIM_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1
#endif
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <unistd.h>

/// A counter that makes a poll(2) return; -1 and errno when the process is out of descriptors.
static inline int contacto_eventfd(void) { return eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC); }

/// Names the calling thread; Linux keeps 15 bytes.
static inline void contacto_name_thread(const char *name) { (void)pthread_setname_np(pthread_self(), name); }

static inline int contacto_errno(void) { return errno; }

#endif
