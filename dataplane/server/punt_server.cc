#include "dataplane/server/punt_server.h"

#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "dataplane/api/protocol.h"

namespace strata::dataplane {
namespace {

constexpr int kDatagramsPerPoll = 256;  // per direction, and worker upwards

}  // namespace

PuntServer::PuntServer(std::string path, DesiredState& state, std::vector<Worker*> workers,
                       api::StatisticsSegment& statistics)
    : path_(std::move(path)),
      state_(state),
      workers_(std::move(workers)),
      statistics_(statistics),
      buffer_(api::kMaxMessageBytes) {}

std::expected<void, std::string> PuntServer::listen() {
    auto listener = api::SeqpacketListener::listen(path_);
    if (!listener) return std::unexpected(listener.error());
    listener_ = std::move(*listener);
    if (::chmod(path_.c_str(), 0600) != 0)
        return std::unexpected(path_ + ": chmod: " + std::strerror(errno));
    return {};
}

bool PuntServer::poll() {
    while (auto link = listener_.accept()) link_ = std::move(*link);  // the newest one counts
    bool moved = link_.connected() && read();
    waiting_ = false;
    for (Worker* worker : workers_) moved |= write(*worker);
    return moved;
}

// Down.
bool PuntServer::read() {
    bool moved = false;
    for (int i = 0; i < kDatagramsPerPoll; ++i) {
        const auto size = link_.receive(buffer_);
        if (!size) {
            if (size.error() != api::LinkError::would_block) link_.close();
            return moved;
        }
        moved = true;
        api::Punted punted;
        const bool usable = punted.ParseFromArray(buffer_.data(), static_cast<int>(*size)) &&
                            !punted.datagram().empty() && punted.datagram().size() <= kMaxPuntBytes;
        if (!usable || !state_.send_datagram(punted.transport(), punted.datagram())) lose();
    }
    return moved;
}

// Up. What control doesn't take at once waits in the worker's ring, which is bounded.
bool PuntServer::write(Worker& worker) {
    bool moved = false;
    for (int i = 0; i < kDatagramsPerPoll; ++i) {
        const auto record = worker.punts().front();
        if (!record) return moved;
        moved = true;
        if (link_.connected()) {
            api::Punted punted;
            punted.set_transport(record->transport);
            punted.set_datagram(record->datagram.data(), record->datagram.size());
            const auto sent = link_.send(punted.SerializeAsString());
            if (!sent && sent.error() == api::LinkError::would_block) {
                waiting_ = true;
                return moved;
            }
            if (!sent) link_.close();
        }
        if (!link_.connected()) lose();
        worker.punts().pop();
    }
    return moved;
}

std::string punt_path(const std::string& control_socket) { return control_socket + ".punt"; }

}  // namespace strata::dataplane
