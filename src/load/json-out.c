/*
 * A JSON document as a growing text: see json-out.h. Pure; in sallyport-load.
 */
#include "load/json-out.h"

void
json_string(struct json_out *json, const char *text)
{
	char plain[2] = "";

	out_raw(&json->out, "\"");
	for (; *text != '\0'; text++) {
		unsigned char byte = (unsigned char)*text;

		plain[0] = *text;
		if (byte == '"' || byte == '\\')
			out_raw(&json->out, "\\");
		if (byte < ' ' || byte > '~')
			out_format(&json->out, "\\u%04x", byte);
		else
			out_raw(&json->out, plain);
	}
	out_raw(&json->out, "\"");
}

void
json_key(struct json_out *json, const char *key)
{
	if (json->has_member)
		out_raw(&json->out, ",");
	json->has_member = true;
	if (key == NULL)
		return;
	json_string(json, key);
	out_raw(&json->out, ":");
}

void
json_open(struct json_out *json, const char *key, const char *bracket)
{
	json_key(json, key);
	out_raw(&json->out, bracket);
	json->has_member = false;
}

void
json_close(struct json_out *json, const char *bracket)
{
	out_raw(&json->out, bracket);
	json->has_member = true;
}

void
json_text(struct json_out *json, const char *key, const char *text)
{
	json_key(json, key);
	if (text == NULL)
		out_raw(&json->out, "null");
	else
		json_string(json, text);
}

void
json_number(struct json_out *json, const char *key, unsigned number)
{
	json_key(json, key);
	out_format(&json->out, "%u", number);
}
