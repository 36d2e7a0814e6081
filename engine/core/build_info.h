/* What differs from build to build of one source, in an object of its own:
 * a commit or another PREFIX compiles nothing else anew. */
#ifndef ENGINE_CORE_BUILD_INFO_H
#define ENGINE_CORE_BUILD_INFO_H

/* "0.1.0" of a release, "0.1.0-12-gabc1234" between two; see .ci/version. */
extern const char build_version[];

/* The folder that holds lua/ and schemas/, and the one of the modules that
 * are loaded when needed; both absolute. */
extern const char build_root[];
extern const char build_lib[];

#endif
