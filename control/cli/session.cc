#include "control/cli/session.h"

#include <nlohmann/json.hpp>
#include <ostream>

#include "dataplane/api/config/config.h"

namespace strata::control::cli {

Result<const ApiClient*> Session::api() {
    if (api_) return &*api_;
    std::string address = options_.api;
    if (address.empty()) {
        const auto config = api::load_program_config(options_.config);
        if (!config) {
            return std::unexpected(
                CliError{ExitCode::kConfig, "config", config.error().text(), {}});
        }
        address = "unix:" + config->control.api_socket;
    }
    auto endpoint = parse_endpoint(address);
    if (!endpoint) return std::unexpected(std::move(endpoint).error());
    api_.emplace(*std::move(endpoint), options_.timeout_ms);
    return &*api_;
}

void Session::print(const Table& table) { out_ << table.text(options_.style); }

void Session::print(const Json& json) {
    out_ << json.dump(2, ' ', false, Json::error_handler_t::replace) << "\n";
}

void Session::print_object(const Json& object) {
    if (as_json()) return print(object);
    Table table({{"field"}, {"value"}});
    for (const auto& field : object.items()) {
        table.add({field.key(), field_text(object, field.key().c_str())});
    }
    TableStyle style = options_.style;
    style.headers = false;
    out_ << table.text(style);
}

void Session::print_done(const std::string& sentence, const char* json_name,
                         const std::string& object) {
    if (as_json()) {
        print(Json{{json_name, object}});
    } else {
        out_ << printable(sentence) << "\n";
    }
}

}  // namespace strata::control::cli
