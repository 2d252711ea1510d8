#include "dataplane/worker/work_step.h"

#include "dataplane/worker/command.h"

namespace strata::dataplane {
namespace {

const char* name_of(Command::Kind kind) {
    switch (kind) {
        case Command::Kind::add_transport: return "add_transport";
        case Command::Kind::remove_transport: return "remove_transport";
        case Command::Kind::set_address: return "set_address";
        case Command::Kind::set_ice: return "set_ice";
        case Command::Kind::set_security: return "set_security";
        case Command::Kind::send_datagram: return "send_datagram";
        case Command::Kind::add_track: return "add_track";
        case Command::Kind::remove_track: return "remove_track";
        case Command::Kind::open_branch: return "open_branch";
        case Command::Kind::close_branch: return "close_branch";
        case Command::Kind::replace_track: return "replace_track";
        case Command::Kind::add_subscription: return "add_subscription";
        case Command::Kind::remove_subscription: return "remove_subscription";
        case Command::Kind::remove_stream: return "remove_stream";
        case Command::Kind::set_target: return "set_target";
        case Command::Kind::set_observer: return "set_observer";
        case Command::Kind::set_marks: return "set_marks";
    }
    return "unknown";
}

const char* name_of(TimerKind kind) {
    switch (kind) {
        case TimerKind::track: return "a track";
        case TimerKind::transport_report: return "a transport's reports";
        case TimerKind::subscription_report: return "a subscription's reports";
        case TimerKind::ice: return "a transport's connectivity checks";
        case TimerKind::transport_feedback: return "a transport's feedback";
    }
    return "unknown";
}

}  // namespace

std::string describe(WorkStep step) {
    const std::string which = std::to_string(step.which);
    switch (step.kind) {
        case WorkStep::Kind::none: return "between turns";
        case WorkStep::Kind::command:
            return std::string("command ") + name_of(static_cast<Command::Kind>(step.which));
        case WorkStep::Kind::timer:
            return std::string("timer of ") + name_of(static_cast<TimerKind>(step.which));
        case WorkStep::Kind::handed: return "packets of another worker";
        case WorkStep::Kind::port: return "receiving from port " + which;
        case WorkStep::Kind::flush: return "sending to port " + which;
    }
    return "unknown";
}

}  // namespace strata::dataplane
