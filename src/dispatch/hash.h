/*
 * SipHash-2-4 (Aumasson and Bernstein, 2012): a hash whose collisions cannot be
 * made by those who do not know the key. Pure.
 */
#ifndef DISPATCH_HASH_H
#define DISPATCH_HASH_H

#include <stddef.h>
#include <stdint.h>

struct hash_key { uint64_t word[2]; };

uint64_t hash_bytes(const struct hash_key *, const void *bytes, size_t length);

#endif
