#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <vector>

#include "dataplane/api/seqpacket.h"
#include "dataplane/server/desired_state.h"

namespace strata::dataplane {

// Carries datagrams that only control understands (DTLS) between workers and a socket of their own,
// beside the control socket, so that a flood of handshakes can't delay desired state. What doesn't
// fit anywhere is lost and counted: DTLS repeats. Main thread.
class PuntServer {
  public:
    PuntServer(std::string path, DesiredState& state, std::vector<Worker*> workers,
               api::StatisticsSegment& statistics);

    // Starts to listen; for this user alone. The error names the path.
    std::expected<void, std::string> listen();

    int listener_fd() const { return listener_.fd(); }
    int link_fd() const { return link_.fd(); }  // -1: nobody is connected
    // Datagrams wait for control to read.
    bool wants_to_write() const { return waiting_; }

    // Moves what is ready, both ways. Never blocks. True: something moved.
    bool poll();

  private:
    bool read();
    bool write(Worker& worker);
    void lose() { statistics_.header().punts_lost.add(); }

    std::string path_;
    DesiredState& state_;
    std::vector<Worker*> workers_;
    api::StatisticsSegment& statistics_;
    api::SeqpacketListener listener_;
    api::SeqpacketLink link_;
    std::vector<char> buffer_;
    bool waiting_ = false;
};

// Where the data plane with this control socket listens for them.
std::string punt_path(const std::string& control_socket);

}  // namespace strata::dataplane
