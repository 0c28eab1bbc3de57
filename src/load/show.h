/*
 * The configuration as it is in force, for people and for programs.
 */
#ifndef LOAD_SHOW_H
#define LOAD_SHOW_H

#include "policy/policy.h"
#include "shared/util.h"

struct show_options {
	const char *path;	/* the main file */
	bool is_json;
	bool has_secrets;	/* values of env are not masked */
};

/*
 * Every entry of a loaded policy, refused and disabled ones too, with each
 * attribute's value and where it comes from; then defaults, gateway and all
 * diagnostics. In the policy's arena; NULL when memory is out. Texts are ASCII:
 * any other byte is \u00XX in JSON and \ooo otherwise.
 */
char *show_text(struct policy *, const struct show_options *, size_t *length);

/* What a program that showed or checked the policy exits with. */
enum exit_code show_code(const struct policy *);

#endif
