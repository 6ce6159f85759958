// Runs one Verilated board top at its pins: a UART whose bytes come from the caller or from a file descriptor.
//
// Compiled together with every board top that is simulated. The other end of the line is modelled bit by bit, with a
// bit length that need not be a whole number of clocks, nor exactly the board's.

#include "Vtop.h"

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <deque>
#include <stdexcept>
#include <string>

#include <poll.h>
#include <unistd.h>

// Verilator's defaults end the process; here a design's failure becomes an error of the caller.
void vl_fatal(const char* file, int line, const char*, const char* message) {
    throw std::runtime_error(std::string(file) + ":" + std::to_string(line) + ": " + message);
}
void vl_stop(const char* file, int line, const char* scope) { vl_fatal(file, line, scope, "the design called $stop"); }
void vl_finish(const char* file, int line, const char* scope) {
    vl_fatal(file, line, scope, "the design called $finish");
}

namespace {

constexpr unsigned FRAME_BITS = 10;       // start, 8 data, stop
constexpr unsigned RECOVERY_BITS = 2;     // of an idle line behind a missing stop bit
constexpr uint64_t CLOCKS_A_LOOK = 4096;  // between two looks at the file descriptor
constexpr uint64_t AWAKE_CLOCKS = 1 << 18;  // of silence on both lines, after which a served board runs slowly
constexpr int ASLEEP_MS = 2;              // that a sleeping board waits for a byte before it runs on

// Sends characters back to back: a byte, or a byte whose stop bit is missing.
class LineDriver {
  public:
    explicit LineDriver(double bit) : bit_(bit) {}
    // The line's level in clock `now`.
    bool level(uint64_t now) {
        if (bits_ == 0 && !characters_.empty()) {
            const uint16_t character = characters_.front();
            characters_.pop_front();
            const bool stops = !(character & NO_STOP);
            const unsigned recovery = (1u << RECOVERY_BITS) - 1;
            frame_ = (recovery << 1 | stops) << (FRAME_BITS - 1) | (character & 0xffu) << 1;
            bits_ = FRAME_BITS + (stops ? 0 : RECOVERY_BITS);
            if (end_ < static_cast<double>(now)) end_ = static_cast<double>(now);
            end_ += bit_;
        }
        if (bits_ == 0) return true;
        const bool level = frame_ & 1;
        if (static_cast<double>(now + 1) >= end_) {
            frame_ >>= 1;
            --bits_;
            if (bits_) end_ += bit_;
        }
        return level;
    }
    bool idle() const { return bits_ == 0 && characters_.empty(); }
    void send(char byte, bool stops) {
        characters_.push_back(static_cast<uint16_t>(static_cast<uint8_t>(byte) | (stops ? 0 : NO_STOP)));
    }

  private:
    static constexpr uint16_t NO_STOP = 0x100;

    double bit_, end_ = 0;
    std::deque<uint16_t> characters_;
    uint32_t frame_ = 0;
    unsigned bits_ = 0;
};

// Samples each bit in its middle; collects the bytes whose stop bit is there.
class LineReceiver {
  public:
    explicit LineReceiver(double bit) : bit_(bit) {}
    void sample(bool level, uint64_t now) {
        if (bits_ == 0) {
            if (level) return;
            bits_ = FRAME_BITS;
            at_ = static_cast<double>(now) + bit_ / 2;
            frame_ = 0;
        }
        if (static_cast<double>(now + 1) <= at_) return;
        frame_ |= static_cast<uint32_t>(level) << (FRAME_BITS - bits_);
        at_ += bit_;
        if (--bits_) return;
        if (frame_ >> (FRAME_BITS - 1)) bytes.push_back(static_cast<char>(frame_ >> 1));
    }
    bool idle() const { return bits_ == 0; }

    std::string bytes;

  private:
    double bit_, at_ = 0;
    uint32_t frame_ = 0;
    unsigned bits_ = 0;
};

class Board {
  public:
    explicit Board(double bit) : to_board(bit), from_board(bit) {
        top.rx = 1;
        top.rst = 0;
    }
    ~Board() { top.final(); }

    void step() {
        top.rx = to_board.level(clocks);
        top.clk = 0;
        top.eval();
        from_board.sample(top.tx, clocks);
        top.clk = 1;
        top.eval();
        ++clocks;
        quiet = to_board.idle() && from_board.idle() ? quiet + 1 : 0;
    }
    // Runs `count` clocks, or fewer: until both lines have been silent for `silence` clocks, if that is not 0.
    void run(uint64_t count, uint64_t silence) {
        for (uint64_t i = 0; i < count && !(silence && quiet >= silence); ++i) step();
    }
    // Runs for about CLOCKS_A_LOOK clocks, with the bytes that `file` has; false when `file` has been closed.
    bool serve(int file) {
        char buffer[4096];
        pollfd ready{file, POLLIN, 0};
        const bool asleep = quiet >= AWAKE_CLOCKS && from_board.bytes.empty();
        if (poll(&ready, 1, asleep ? ASLEEP_MS : 0) > 0 && ready.revents & POLLIN) {
            const ssize_t got = read(file, buffer, sizeof buffer);
            for (ssize_t i = 0; i < got; ++i) to_board.send(buffer[i], true);
        }
        if (ready.revents & (POLLERR | POLLNVAL)) return false;
        run(CLOCKS_A_LOOK, 0);
        if (!from_board.bytes.empty()) {
            // What the other side does not take stays here.
            const ssize_t put = write(file, from_board.bytes.data(), from_board.bytes.size());
            if (put > 0) from_board.bytes.erase(0, static_cast<size_t>(put));
            if (put < 0 && errno != EAGAIN && errno != EINTR) return false;
        }
        return true;
    }

  private:
    VerilatedContext context_;

  public:
    Vtop top{&context_};
    LineDriver to_board;
    LineReceiver from_board;
    uint64_t clocks = 0;
    uint64_t quiet = 0;   // clocks since either line was busy
    std::string message;  // of the last failure
};

template <class Action> int guarded(Board* board, Action action) {
    try {
        return action();
    } catch (const std::exception& failure) {
        board->message = failure.what();
        return -1;
    }
}

}  // namespace

#define HWGEN_API extern "C" __attribute__((visibility("default")))

// Powers up a board; `bit` is the length of a bit of the host's in clocks.
HWGEN_API Board* board_open(double bit) { return new Board(bit); }
HWGEN_API void board_close(Board* board) { delete board; }
HWGEN_API uint64_t board_clocks(const Board* board) { return board->clocks; }
HWGEN_API uint32_t board_led(const Board* board) { return board->top.led; }
HWGEN_API const char* board_message(const Board* board) { return board->message.c_str(); }

// Queues bytes for the board's rx pin; those with a 0 in `stops` are sent without their stop bit.
HWGEN_API void board_feed(Board* board, const char* bytes, const char* stops, uint64_t count) {
    for (uint64_t i = 0; i < count; ++i) board->to_board.send(bytes[i], stops[i]);
    board->quiet = 0;
}
// Takes at most `count` of the bytes that came from the tx pin; returns how many.
HWGEN_API uint64_t board_take(Board* board, char* bytes, uint64_t count) {
    const size_t taken = std::min<size_t>(count, board->from_board.bytes.size());
    std::memcpy(bytes, board->from_board.bytes.data(), taken);
    board->from_board.bytes.erase(0, taken);
    return taken;
}
// See Board::run; 0, or -1 on failure.
HWGEN_API int board_run(Board* board, uint64_t clocks, uint64_t silence) {
    return guarded(board, [&] {
        board->run(clocks, silence);
        return 0;
    });
}
// See Board::serve, `looks` times; 1, or 0 when the file has been closed, or -1 on failure.
HWGEN_API int board_serve(Board* board, int file, uint64_t looks) {
    return guarded(board, [&] {
        for (uint64_t i = 0; i < looks; ++i)
            if (!board->serve(file)) return 0;
        return 1;
    });
}
