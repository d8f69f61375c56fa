import CLinux
import Foundation
import Testing

@testable import ProcessExecution

/// One attempt has one supervisor, and whoever looks can tell how it stands.
struct SupervisorClaimTests {
  @Test("a second supervisor leaves with status 3 and changes nothing, while the first one runs and after")
  func secondSupervisor() async throws {
    let supervision = try Supervision()
    let gate = try supervision.gate()
    try supervision.start(.shell("echo ready > $1; read line < $1.go", gate.path))
    _ = try await gate.message()
    let (files, claim) = (try supervision.files, try supervision.folder.text("claim"))
    #expect(try await supervision.startAgain().status() == 3)
    #expect(try supervision.files == files)
    #expect(try supervision.folder.text("claim") == claim)

    gate.open()
    _ = try await supervision.report()
    let (left, report) = (try supervision.files, try supervision.folder.text("exit.json"))
    #expect(try await supervision.startAgain().status() == 3)
    #expect(try supervision.files == left)
    #expect(try supervision.folder.text("exit.json") == report)
  }

  @Test("of many supervisors started at once, exactly one runs the step")
  func race() async throws {
    let supervision = try Supervision()
    try supervision.folder.write("", to: "ledger")
    let step = Supervision.Step.shell("echo begun >> ledger")
    var others = [try supervision.start(step)]
    for _ in 0..<7 { others.append(try supervision.startAgain(environment: ["PATH=/usr/bin:/bin"])) }
    var statuses: [Int32] = []
    for process in others { statuses.append(try await process.status()) }
    #expect(statuses.sorted() == [0, 3, 3, 3, 3, 3, 3, 3])
    #expect(try supervision.folder.text("ledger") == "begun\n")
  }

  @Test("an attempt is absent, supervised, then ended")
  func states() async throws {
    let supervision = try Supervision()
    #expect(supervision.directory.state().word == "absent")
    let gate = try supervision.gate()
    let supervisor = try supervision.start(.shell("echo ready > $1; read line < $1.go", gate.path))
    _ = try await gate.message()
    guard case .supervised(let pid) = supervision.directory.state() else {
      Issue.record("\(supervision.directory.state())")
      return
    }
    #expect(pid == supervisor.pid)
    gate.open()
    _ = try await supervision.report()
    #expect(supervision.directory.state().word == "ended")
  }

  @Test("from the moment an attempt is claimed it never looks abandoned, until its supervisor is killed")
  func claimIsAtomic() async throws {
    for _ in 0..<10 {
      let supervision = try Supervision()
      let supervisor = try supervision.start(.shell("exit 0"))
      var seen: [String] = []
      while !supervisor.hasEnded {
        let word = supervision.directory.state().word
        if seen.last != word { seen.append(word) }
      }
      _ = try await supervision.report()
      #expect(["absent", "supervised", "ended"].filter(seen.contains) == seen)
    }
  }

  @Test("a step dies with a supervisor that is killed, and the attempt is abandoned")
  func killedSupervisor() async throws {
    let supervision = try Supervision()
    let gate = try supervision.gate()
    let supervisor = try supervision.start(.shell("echo $$ > $1; read line < $1.go; echo survived", gate.path))
    let step = try ProcessHandle(try await gate.number())
    supervisor.signal(SIGKILL)
    #expect(try await supervisor.status() == -SIGKILL)
    #expect(await step.ends())
    #expect(supervision.directory.state().word == "abandoned")
    #expect(try supervision.log.isEmpty)
  }

  @Test("the report appears whole: it is put in place by a rename and never written to")
  func report() async throws {
    let supervision = try Supervision()
    let watch = inotify_init1(Int32(IN_CLOEXEC))
    defer { close(watch) }
    let mask = UInt32(IN_CREATE) | UInt32(IN_MODIFY) | UInt32(IN_MOVED_TO)
    try #require(inotify_add_watch(watch, supervision.folder.path, mask) >= 0)
    _ = try await supervision.run(.shell("exit 0"))
    #expect(events(of: watch).filter { $0.name == "exit.json" }.map(\.mask) == [UInt32(IN_MOVED_TO)])
    #expect(try !supervision.files.contains("exit.json.tmp"))
  }

  private func events(of watch: Int32) -> [(name: String, mask: UInt32)] {
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    let count = read(watch, &buffer, buffer.count)
    var events: [(String, UInt32)] = []
    var offset = 0
    buffer.withUnsafeBytes { bytes in
      while offset < count {
        let event = bytes.loadUnaligned(fromByteOffset: offset, as: inotify_event.self)
        let start = offset + MemoryLayout<inotify_event>.size
        let name = bytes[start..<start + Int(event.len)].prefix { $0 != 0 }
        events.append((String(decoding: name, as: UTF8.self), event.mask))
        offset = start + Int(event.len)
      }
    }
    return events
  }

  @Test("called without a directory, or with one that is not there, the supervisor says how it is used")
  func misuse() async throws {
    let supervision = try Supervision()
    try FileManager.default.removeItem(atPath: supervision.folder.path)
    let log = try TemporaryDirectory()
    let program = try Supervision.program()
    let handle = try [program, "/no/such/directory"].withCStrings { arguments in
      try [String]().withCStrings { try ProcessHandle(linux_spawn(program, arguments, $0, log.path + "/log")) }
    }
    #expect(try await handle.status() == 64)
    #expect(try log.text("log") == "orchestrate-supervisor: /no/such/directory: No such file or directory\n")
  }
}

extension AttemptDirectory.State {
  var word: String {
    switch self {
    case .absent: "absent"
    case .supervised: "supervised"
    case .ended: "ended"
    case .abandoned: "abandoned"
    }
  }
}
