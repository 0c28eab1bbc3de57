/*
 * SipHash-2-4: see hash.h.
 *
 * Runs in sallyport-dispatch; pure. Tested against the authors' vectors.
 */
#include "dispatch/hash.h"

struct hash_state { uint64_t a, b, c, d; };

static uint64_t
hash_turn(uint64_t word, unsigned bits)
{
	return word << bits | word >> (64 - bits);
}

static void
hash_rounds(struct hash_state *s, unsigned rounds)
{
	while (rounds-- > 0) {
		s->a += s->b;
		s->c += s->d;
		s->b = hash_turn(s->b, 13) ^ s->a;
		s->d = hash_turn(s->d, 16) ^ s->c;
		s->a = hash_turn(s->a, 32) + s->d;
		s->c += s->b;
		s->d = hash_turn(s->d, 21) ^ s->a;
		s->b = hash_turn(s->b, 17) ^ s->c;
		s->c = hash_turn(s->c, 32);
	}
}

static void
hash_word(struct hash_state *s, uint64_t word)
{
	s->d ^= word;
	hash_rounds(s, 2);
	s->a ^= word;
}

uint64_t
hash_bytes(const struct hash_key *key, const void *bytes, size_t length)
{
	const uint8_t *in = bytes;
	struct hash_state s = {
		key->word[0] ^ UINT64_C(0x736f6d6570736575),
		key->word[1] ^ UINT64_C(0x646f72616e646f6d),
		key->word[0] ^ UINT64_C(0x6c7967656e657261),
		key->word[1] ^ UINT64_C(0x7465646279746573)
	};
	uint64_t word = 0;

	for (size_t i = 0; i < length; i++) {
		word |= (uint64_t)in[i] << 8 * (i % 8);
		if (i % 8 == 7) {
			hash_word(&s, word);
			word = 0;
		}
	}
	hash_word(&s, word | (uint64_t)length << 56);
	s.c ^= 0xff;
	hash_rounds(&s, 4);
	return s.a ^ s.b ^ s.c ^ s.d;
}
