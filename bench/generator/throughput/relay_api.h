#pragma once

#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>

#include "bench/generator/address.h"
#include "bench/generator/track_description.h"

namespace strata::gen {

// The appliance refused something, or can't be reached; the text says what and what would help.
struct ApiError : std::runtime_error {
    using std::runtime_error::runtime_error;
};

// What a load needs of a running appliance, over control's HTTP API. Blocks. Thread: any, one at a
// time.
class RelayApi {
  public:
    virtual ~RelayApi() = default;

    struct Participant {
        std::string id;
        Address relay;  // where it shall send to
    };
    virtual void add_room(const std::string& room) = 0;
    virtual void remove_room(const std::string& room) = 0;
    virtual Participant add_participant(const std::string& room, const Address& local) = 0;
    virtual void remove_participant(const std::string& participant) = 0;
    // Its id.
    virtual std::string publish(const std::string& participant, const TrackDescription& track) = 0;
    // Its id. The relay sends with that SSRC.
    virtual std::string subscribe(const std::string& participant, const std::string& track,
                                  const std::string& layers, std::uint32_t ssrc) = 0;
    virtual void set_layers(const std::string& subscription, const std::string& layers) = 0;
};

// `where`: "unix:/run/strata/api.sock" or "http://127.0.0.1:8410"; empty: what the configuration
// says. Throws ApiError.
std::unique_ptr<RelayApi> connect_appliance(const std::string& where);

}  // namespace strata::gen
