/*
 * Small things every process needs: three ways to fail, time, descriptors.
 *
 * No privileges assumed, no policy knowledge.
 */
#ifndef SHARED_UTIL_H
#define SHARED_UTIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Exit codes of all our programs, for service managers and people. */
enum exit_code {
	EXIT_CLEAN = 0,		/* done, or yes */
	EXIT_FINDINGS = 1,	/* no, or faults found */
	EXIT_USAGE = 2,
	EXIT_CANNOT = 3,	/* the system does not let us */
	EXIT_SANDBOX = 4	/* a mandatory layer could not be put on */
};

/* Name that fatal() and bug() print first; set once in main(). */
extern const char *program_name;

/* The administrator's or the system's fault: one line on descriptor 2, then
 * _exit(code). Uses no stdio, so that it works inside every sandbox. */
_Noreturn void fatal(enum exit_code code, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Our own fault: says where and aborts. Never compiled out. */
_Noreturn void bug_at(const char *file, int line, const char *what);
#define bug(what) bug_at(__FILE__, __LINE__, (what))
#define must(condition) ((condition) ? (void)0 : bug(#condition))

uint64_t monotonic_us(void);
uint64_t monotonic_ms(void);
uint64_t wall_us(void);		/* Unix time */

/* Closes *fd if it is open and sets it to -1. errno is kept. */
void fd_close(int *fd);

/* Writes all of it or returns -1 with errno. Retries EINTR. */
int write_all(int fd, const void *bytes, size_t length);

/* Decimal digits only, no sign, no blanks, at most `maximum`. */
bool number_parse(const char *text, uint64_t maximum, uint64_t *out);

/* snprintf that always terminates and returns what it really wrote. */
size_t format_text(char *out, size_t size, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* A sealed (write, grow, shrink, seal) close-on-exec memfd, or -1. */
int memfd_sealed(const char *name, const void *bytes, size_t length);
/* True when fd is a memfd with all four seals; its size in *length. */
bool memfd_is_sealed(int fd, size_t *length);
/* An unsealed memfd of that size for shared counters, or -1. */
int memfd_shared(const char *name, size_t length);
/* Maps a whole descriptor; NULL on failure. writable needs O_RDWR. */
void *map_fd(int fd, size_t length, bool writable);

#endif
