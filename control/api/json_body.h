#pragma once

#include <cstdint>
#include <initializer_list>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "control/room/error.h"

namespace strata::control {

constexpr int kMaxJsonDepth = 8;  // of nested objects and arrays

// The JSON object in a body. Refused: anything else, nesting beyond kMaxJsonDepth, a name twice in
// one object.
Result<nlohmann::json> parse_json_object(std::string_view body);

// Reads the fields of one JSON object strictly. The first thing that is wrong is kept, everything
// after it reads as absent, so that callers read straight down and ask for the error once.
class JsonFields {
  public:
    // `object` outlives this; `path` is its place in the body ("encodings[1]"), empty for the body.
    // Fields that aren't `known` are refused with the nearest known one as the hint.
    JsonFields(const nlohmann::json& object, std::string path,
               std::initializer_list<std::string_view> known);

    std::optional<std::string> text(std::string_view name);
    std::optional<std::uint64_t> integer(std::string_view name, std::uint64_t lowest,
                                         std::uint64_t highest);
    std::optional<bool> boolean(std::string_view name);
    // Null: absent. The elements are checked by the caller.
    const nlohmann::json* array(std::string_view name, std::size_t max_size);
    const nlohmann::json* object(std::string_view name);

    void require(std::string_view name);
    void fail(ErrorCode code, std::string_view name, std::string detail, std::string hint = {});
    void fail(Error error);

    std::string path_of(std::string_view name) const;
    const std::optional<Error>& error() const { return error_; }

  private:
    const nlohmann::json* find(std::string_view name) const;

    const nlohmann::json& object_;
    std::string path_;
    std::optional<Error> error_;
};

}  // namespace strata::control
