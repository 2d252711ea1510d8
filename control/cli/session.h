#pragma once

#include <iosfwd>
#include <optional>
#include <string>

#include "control/cli/api_client.h"
#include "control/cli/cli_error.h"
#include "control/cli/table.h"

namespace strata::control::cli {

enum class Format : std::uint8_t { kTable, kJson };

struct GlobalOptions {
    std::string api;     // empty: what the configuration says
    std::string config;  // empty: the usual file, or the defaults
    Format format = Format::kTable;
    TableStyle style;
    bool redraw = false;  // standard output is a terminal: --watch may redraw in place
    int timeout_ms = 10000;
};

// What a command works with: the control plane and the place for its output.
class Session {
  public:
    Session(GlobalOptions options, std::ostream& out) : options_(std::move(options)), out_(out) {}

    const GlobalOptions& options() const { return options_; }
    bool as_json() const { return options_.format == Format::kJson; }
    std::ostream& out() { return out_; }

    // Reads the configuration only when --api wasn't given, and only once.
    Result<const ApiClient*> api();

    void print(const Table& table);
    void print(const Json& json);  // indented, with a newline
    // One object: as JSON, or a line per field (objects and lists inside as JSON).
    void print_object(const Json& object);
    // "room demo deleted", or {"deleted": "demo"} for programs.
    void print_done(const std::string& sentence, const char* json_name, const std::string& object);

  private:
    GlobalOptions options_;
    std::ostream& out_;
    std::optional<ApiClient> api_;
};

}  // namespace strata::control::cli
