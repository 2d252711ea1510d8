#pragma once

#include "control/api/http_message.h"
#include "control/room/error.h"

namespace strata::control {

int http_status(ErrorCode code);

// RFC 9457, application/problem+json.
HttpResponse problem(const Error& error);

}  // namespace strata::control
