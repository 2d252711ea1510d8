#pragma once

#include <nlohmann/json.hpp>

#include "control/api/http_message.h"

namespace strata::control {

// Bytes that aren't UTF-8 are replaced: names of the network are shown as far as they can be.
inline HttpResponse json_answer(int status, const nlohmann::ordered_json& body) {
    return {.status = status,
            .content_type = "application/json",
            .body = body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n",
            .headers = {}};
}

}  // namespace strata::control
