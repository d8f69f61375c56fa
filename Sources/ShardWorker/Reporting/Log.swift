import ArgumentParser
import Foundation
import RunFiles

/// Messages on standard error, for people or for programs that gather logs. Results go to standard output.
enum Log {
  enum Format: String, CaseIterable, ExpressibleByArgument {
    case text, json
  }

  enum Level: String {
    case info, notice, error
  }

  private struct State: Sendable {
    var format = Format.text
    /// What the progress bar shows; messages go above it.
    var bar = ""
  }

  // Guarded by its lock.
  private static let state = Guarded(State())

  static var format: Format { state.with { $0.format } }

  static func use(_ format: Format) {
    state.with { $0.format = format }
  }

  /// Writes a message, with further members when the format is JSON.
  static func write(
    _ message: String, _ level: Level = .info, _ members: [String: JSONValue] = [:]
  ) {
    state.with { state in
      let line = line(message, level, members, state.format)
      put(state.bar.isEmpty ? line + "\n" : clearLine + line + "\n" + state.bar)
    }
  }

  /// Writes what ended the program.
  static func report(_ error: any ReportableError) {
    guard format == .json else { return write(error.report, .error) }
    write(
      error.message, .error,
      [
        "exit_code": .number(String(error.exitStatus.rawValue)),
        "class": .string(String(describing: error.exitStatus)),
        "hint": error.hint.map { .string($0) } ?? .null,
      ])
  }

  /// Shows a line that the next one replaces; an empty one removes it.
  static func show(bar: String) {
    state.with { state in
      guard bar != state.bar else { return }
      state.bar = bar
      put(clearLine + bar)
    }
  }

  /// A message as it is written.
  static func line(
    _ message: String, _ level: Level, _ members: [String: JSONValue], _ format: Format
  ) -> String {
    switch format {
    case .text: return level == .notice ? "notice: \(message)" : message
    case .json:
      let own: [String: JSONValue] = [
        "time": .string(Date.now.ISO8601Format(.init(includingFractionalSeconds: true))),
        "level": .string(level.rawValue), "message": .string(message),
      ]
      return JSONValue.object(members.merging(own) { $1 }).canonicalText
    }
  }

  private static let clearLine = "\r\u{1B}[K"

  private static func put(_ text: String) {
    FileHandle.standardError.write(Data(text.utf8))
  }
}

/// The flags of messages, which every verb takes.
struct LogOptions: ParsableArguments {
  @Option(
    help: "Messages as `text`, or as `json`: one object a line (default: $SHARD_WORKER_LOG, or text).")
  var logFormat: Log.Format?

  /// Makes the flag, or the environment, count from here on.
  func apply() {
    let named = ProcessInfo.processInfo.environment["SHARD_WORKER_LOG"]
    Log.use(logFormat ?? named.flatMap(Log.Format.init) ?? .text)
  }
}

/// A value that several threads change.
final class Guarded<Value: Sendable>: @unchecked Sendable {
  // Sendable: guarded by `lock`.

  private let lock = NSLock()
  private var value: Value

  init(_ value: Value) {
    self.value = value
  }

  func with<Result>(_ body: (inout Value) -> Result) -> Result {
    lock.withLock { body(&value) }
  }
}
