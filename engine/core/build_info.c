#include "core/build_info.h"

const char build_version[] = BUILD_VERSION;
const char build_root[] = BUILD_ROOT;
const char build_lib[] = BUILD_LIB;
