import Foundation
import Testing
import WorkflowCore
import WorkflowSpec

/// A folder in which the real program is run, as an operator would.
final class Workplace: Sendable {
  let path: String

  init() throws {
    path = FileManager.default.temporaryDirectory.path + "/orchestrate-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func write(_ text: String, to name: String) throws {
    try text.write(toFile: "\(path)/\(name)", atomically: false, encoding: .utf8)
  }

  func text(_ name: String) throws -> String { try String(contentsOfFile: "\(path)/\(name)", encoding: .utf8) }

  /// Runs a command to its end.
  func run(_ arguments: String..., input: String = "") async throws -> Finished {
    try await run(arguments, input: input)
  }

  func run(_ arguments: [String], input: String = "") async throws -> Finished {
    try await start(arguments, input: input).finished()
  }

  func start(_ arguments: String..., input: String = "") throws -> Running { try start(arguments, input: input) }

  private func start(_ arguments: [String], input: String) throws -> Running {
    let name = ".input-\(UUID().uuidString)"
    try write(input, to: name)
    let process = try prepared(arguments)
    process.standardInput = FileHandle(forReadingAtPath: "\(path)/\(name)")
    return try Running(process)
  }

  /// The program in this folder, with an environment that says nothing of the machine it runs on.
  func prepared(_ arguments: [String]) throws -> Process {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: try Self.program())
    process.arguments = arguments
    process.currentDirectoryURL = URL(fileURLWithPath: path)
    process.environment = ["PATH": "/usr/bin:/bin", "HOME": path]
    return process
  }

  struct NotBuilt: Error { let path: String }

  /// SwiftPM puts test bundles and executables into one directory.
  private static func program() throws -> String {
    let bundle = Bundle.allBundles.map(\.bundlePath).first { $0.hasSuffix(".xctest") }
    let beside = bundle ?? Bundle.main.executablePath ?? CommandLine.arguments[0]
    let folder = (beside as NSString).deletingLastPathComponent
    for name in ["orchestrate", "orchestrate-supervisor"] {
      guard FileManager.default.isExecutableFile(atPath: "\(folder)/\(name)") else {
        throw NotBuilt(path: "\(folder)/\(name)")
      }
    }
    return folder + "/orchestrate"
  }
}

/// What a command left.
struct Finished {
  let status: Int32
  let output: String
  let error: String

  var json: Value {
    get throws { try Value(json: output) }
  }

  var yaml: Value {
    get throws {
      let document = PlainDocument(Array(output.utf8), name: "output")
      return try #require(document.value, "\(document.report ?? "")")
    }
  }
}

/// A command that is running.
final class Running: @unchecked Sendable {
  private let process: Process
  private let ended: AsyncStream<Void>
  private let output: Collector
  private let error: Collector

  init(_ process: Process) throws {
    self.process = process
    let (ended, continuation) = AsyncStream<Void>.makeStream()
    self.ended = ended
    process.terminationHandler = { _ in continuation.finish() }
    let (output, error) = (Pipe(), Pipe())
    process.standardOutput = output
    process.standardError = error
    self.output = Collector(output.fileHandleForReading)
    self.error = Collector(error.fileHandleForReading)
    try process.run()
  }

  deinit { if process.isRunning { kill(process.processIdentifier, SIGKILL) } }

  func signal(_ number: Int32) { kill(process.processIdentifier, number) }

  /// Waits for its end. One that does not come to an end is killed, and the status tells.
  func finished() async throws -> Finished {
    let deadline = Task { [process] in
      try await Task.sleep(for: .seconds(40))
      kill(process.processIdentifier, SIGKILL)
    }
    defer { deadline.cancel() }
    for await _ in ended {}
    let status = process.terminationReason == .exit ? process.terminationStatus : -process.terminationStatus
    return Finished(status: status, output: await output.whole(), error: await error.whole())
  }

  /// Waits until it has printed `text` on standard error.
  func says(_ text: String, sourceLocation: SourceLocation = #_sourceLocation) async throws {
    try #require(await error.comes(text), "it did not say '\(text)'", sourceLocation: sourceLocation)
  }
}

/// What comes out of a pipe or a terminal, as it comes.
actor Collector {
  private var bytes: [UInt8] = []
  private let chunks: AsyncStream<[UInt8]>

  init(_ handle: FileHandle) {
    let (chunks, continuation) = AsyncStream<[UInt8]>.makeStream()
    self.chunks = chunks
    Thread.detachNewThread {
      while true {
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        let count = read(handle.fileDescriptor, &buffer, buffer.count)
        guard count > 0 else { return continuation.finish() }
        continuation.yield(Array(buffer.prefix(count)))
      }
    }
  }

  private var text: String { String(decoding: bytes, as: UTF8.self) }

  /// Everything up to the end.
  func whole() async -> String {
    for await chunk in chunks { bytes += chunk }
    return text
  }

  /// Whether `expected` comes before the end.
  func comes(_ expected: String) async -> Bool {
    while !text.contains(expected) {
      var iterator = chunks.makeAsyncIterator()
      guard let chunk = await iterator.next() else { return false }
      bytes += chunk
    }
    return true
  }
}

/// Two named pipes in a workplace by which a step says how far it is, and waits to be told to go on.
///
///     echo here > gate        the test's `message()` returns "here"
///     read line < gate.go     goes on after the test's `open()`
final class Gate: Sendable {
  private let messages: Int32
  private let permission: Int32

  init(_ name: String = "gate", in workplace: Workplace) throws {
    messages = try Self.pipe("\(workplace.path)/\(name)")
    permission = try Self.pipe("\(workplace.path)/\(name).go")
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

  func open() { _ = write(permission, "go\n", 3) }
}

/// Waits until a descriptor can be read, on a thread of its own, so that what is waited for has the test's threads.
private func isReadable(_ descriptor: Int32) async -> Bool {
  await withCheckedContinuation { continuation in
    Thread.detachNewThread {
      var request = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      continuation.resume(returning: poll(&request, 1, 30_000) > 0)
    }
  }
}

/// A workflow of one container that runs a shell script in the folder it was submitted from.
func shellWorkflow(_ script: String, name: String = "one") -> String {
  """
  apiVersion: argoproj.io/v1alpha1
  kind: Workflow
  metadata:
    name: \(name)
    annotations: {orchestrate/workspace: "."}
  spec:
    entrypoint: main
    templates:
      - name: main
        script:
          image: busybox
          command: [sh]
          source: |
            \(script.replacing("\n", with: "\n          "))
  """
}

extension String {
  /// The text with every duration in place of its digits: `1.2s`, `3m4s`.
  var withoutTimes: String { replacing(/\b(\d+[dhms])*\d+(\.\d+)?[dhms]\b/, with: "<time>") }
}
