#pragma once

#include <string>

#include "bench/generator/run.h"

namespace strata::gen {

// Commands to a run, JSON lines from a file descriptor that is never waited for:
//   {"receiver":"r1","target":"S0T1"}   that receiver asks for it from now on
//   {"stop":true}                       the run ends
// A line that can't be understood is named on standard error. End of file is no command.
class CommandReader {
  public:
    explicit CommandReader(int descriptor) : descriptor_(descriptor) {}
    // Reads what is there. False: the run shall end.
    bool poll(Run& run);

  private:
    bool obey(const std::string& line, Run& run);

    int descriptor_;
    std::string pending_;
    bool ended_ = false;
};

}  // namespace strata::gen
