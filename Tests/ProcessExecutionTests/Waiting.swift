import CLinux
import Foundation
import Testing

/// Waits until a descriptor can be read, on a thread of its own, so that what is waited for has the test's threads.
func isReadable(_ descriptor: Int32, within seconds: Int = 20) async -> Bool {
  await withCheckedContinuation { continuation in
    Thread.detachNewThread {
      var request = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      continuation.resume(returning: poll(&request, 1, Int32(seconds * 1000)) > 0)
    }
  }
}

/// Two named pipes by which a step says how far it is, and waits to be told to go on.
///
///     echo here > $1          the test's `message()` returns "here"
///     read line < $1.go       goes on after the test's `open()`
final class Gate: Sendable {
  let path: String
  private let messages: Int32
  private let permission: Int32

  init(_ path: String) throws {
    self.path = path
    messages = try Self.pipe(path)
    permission = try Self.pipe(path + ".go")
  }

  deinit {
    close(messages)
    close(permission)
  }

  /// Open at both ends: neither side of the pipe ever waits for the other to open it.
  private static func pipe(_ path: String) throws -> Int32 {
    try #require(mkfifo(path, 0o666) == 0)
    let descriptor = Glibc.open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC)
    try #require(descriptor >= 0)
    return descriptor
  }

  /// The next line a step writes.
  func message(sourceLocation: SourceLocation = #_sourceLocation) async throws -> String {
    var line: [UInt8] = []
    while line.last != UInt8(ascii: "\n") {
      try #require(await isReadable(messages), "nobody wrote to the gate", sourceLocation: sourceLocation)
      var byte: UInt8 = 0
      if read(messages, &byte, 1) == 1 { line.append(byte) }
    }
    return String(decoding: line.dropLast(), as: UTF8.self)
  }

  /// A message that is a number: of a process, say.
  func number(sourceLocation: SourceLocation = #_sourceLocation) async throws -> pid_t {
    let text = try await message(sourceLocation: sourceLocation)
    return try #require(pid_t(text), sourceLocation: sourceLocation)
  }

  func open() { _ = write(permission, "go\n", 3) }
}

/// A process, held so that its number cannot come to mean another.
final class ProcessHandle: Sendable {
  let pid: pid_t
  private let descriptor: Int32

  init(_ pid: pid_t) throws {
    self.pid = pid
    descriptor = linux_pidfd_open(pid)
    try #require(descriptor >= 0, "process \(pid) is gone")
  }

  deinit { close(descriptor) }

  func signal(_ number: Int32) { _ = linux_pidfd_signal(descriptor, number) }

  /// Whether it has ended by now.
  var hasEnded: Bool {
    var request = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    return poll(&request, 1, 0) > 0
  }

  func ends(within seconds: Int = 20) async -> Bool { await isReadable(descriptor, within: seconds) }

  /// Waits for a child's end; returns what `waitpid` would, decoded: 0...255, or minus the signal that killed it.
  func status(sourceLocation: SourceLocation = #_sourceLocation) async throws -> Int32 {
    try #require(await ends(), "process \(pid) does not end", sourceLocation: sourceLocation)
    var information = siginfo_t()
    try #require(waitid(P_PIDFD, id_t(descriptor), &information, WEXITED) == 0, sourceLocation: sourceLocation)
    let status = information._sifields._sigchld.si_status
    return information.si_code == CLD_EXITED ? status : -status
  }
}
