/*
 * Answers of the lookup process, made into facts: see answer.h.
 *
 * Runs in sallyport-dispatch; pure. What lookup has checked is checked again:
 * it parses what strangers send, and may have fallen.
 */
#include "dispatch/answer.h"

#include <string.h>

#define ANSWER_NAME_MAX 255

static bool
answer_is_name(const char *name, size_t length)
{
	if (length == 0 || length > ANSWER_NAME_MAX ||
	    name[length - 1] == '.')
		return false;
	for (size_t i = 0; i < length; i++) {
		char c = name[i];

		if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') &&
		    c != '-' && c != '_' && c != '.')
			return false;
	}
	return true;
}

/* "one two" into facts->name[]. */
static bool
answer_names(struct facts *facts, char *text)
{
	facts->name_count = 0;
	while (*text != '\0') {
		size_t length = strcspn(text, " ");
		bool is_last = text[length] == '\0';

		if (facts->name_count == FACTS_NAMES_MAX ||
		    !answer_is_name(text, length))
			return false;
		facts->name[facts->name_count++] = text;
		text[length] = '\0';
		if (is_last)
			return true;
		text += length + 1;
		if (*text == '\0')	/* a blank at the end */
			return false;
	}
	return true;
}

/* "UNIX : joe" or "UNIX,US-ASCII :joe": the name after the colon. */
static const char *
answer_user(const char *text)
{
	const char *user = strchr(text, ':');

	if (user == NULL)
		return NULL;
	user++;
	user += strspn(user, " ");
	return *user != '\0' ? user : NULL;
}

static enum tri
answer_tri(const struct msg_lookup_answer *answer)
{
	static const enum tri tris[] = {
		[LOOKUP_NO] = TRI_NO, [LOOKUP_YES] = TRI_YES,
		[LOOKUP_UNKNOWN] = TRI_UNKNOWN
	};

	return answer != NULL && answer->result <= LOOKUP_UNKNOWN ?
	    tris[answer->result] : TRI_UNKNOWN;
}

static bool
answer_copy(char to[static MSG_ANSWER_TEXT],
    const struct msg_lookup_answer *answer)
{
	if (answer->length >= MSG_ANSWER_TEXT ||
	    memchr(answer->text, '\0', MSG_ANSWER_TEXT) == NULL)
		return false;
	memcpy(to, answer->text, MSG_ANSWER_TEXT);
	return true;
}

static bool
answer_enter_names(struct facts *facts, struct answer_text *text,
    const struct msg_lookup_answer *answer, enum tri tri)
{
	facts->names = TRI_UNKNOWN;
	facts->has_more_names = false;
	if (tri != TRI_YES)
		return true;
	if (answer_copy(text->names, answer) &&
	    answer_names(facts, text->names)) {
		facts->names = TRI_YES;
		facts->has_more_names = answer->is_incomplete != 0;
	} else
		facts->name_count = 0;
	return true;
}

static bool
answer_enter_ident(struct facts *facts, struct answer_text *text,
    const struct msg_lookup_answer *answer, enum tri tri)
{
	facts->ident = tri;
	facts->ident_user = NULL;
	if (tri != TRI_YES)
		return true;
	if (answer_copy(text->user, answer))
		facts->ident_user = answer_user(text->user);
	if (facts->ident_user == NULL)
		facts->ident = TRI_UNKNOWN;
	return true;
}

bool
answer_enter(struct facts *facts, struct answer_text *text,
    const struct question *question, const struct msg_lookup_answer *answer)
{
	enum tri tri;

	if (answer != NULL && answer->kind != answer_kind(question))
		answer = NULL;
	tri = answer_tri(answer);
	if (question->kind == QUESTION_NAMES)
		return answer_enter_names(facts, text, answer, tri);
	if (question->kind == QUESTION_IDENT)
		return answer_enter_ident(facts, text, answer, tri);
	if (facts->host_count == FACTS_HOSTS_MAX)
		return false;
	facts->host[facts->host_count].name = question->name;
	facts->host[facts->host_count++].answer = tri;
	return true;
}

enum lookup_kind
answer_kind(const struct question *question)
{
	return question->kind == QUESTION_IDENT ? LOOKUP_IDENT :
	    question->kind == QUESTION_NAMES ? LOOKUP_NAMES : LOOKUP_HOST;
}
