import Foundation
import Testing

@testable import ProcessExecution

/// What a step gets of the world: nothing that it was not given.
struct SupervisorIsolationTests {
  @Test("the environment is what was given and nothing else")
  func environment() async throws {
    let supervision = try Supervision()
    _ = try await supervision.run(.init("env"), environment: ["PATH=/usr/bin:/bin", "ODD=a=b\nc", "EMPTY="])
    #expect(try supervision.log == "PATH=/usr/bin:/bin\nODD=a=b\nc\nEMPTY=\n")
  }

  @Test("no file of the engine is open in a step, and standard input is empty")
  func descriptors() async throws {
    let supervision = try Supervision()
    let leak = fcntl(STDERR_FILENO, F_DUPFD, 200)
    defer { close(leak) }
    try #require(leak >= 200)
    _ = try await supervision.run(.shell("ls /proc/$$/fd; wc -c"))
    #expect(try supervision.log == "0\n1\n2\n0\n")
  }

  @Test("a step leads a session of its own, with no signal held back or ignored")
  func session() async throws {
    let supervision = try Supervision()
    _ = try await supervision.run(
      .shell("grep -E '^Sig(Blk|Ign)' /proc/self/status | cut -f 2; test $(ps -o sid= -p $$) = $$ && echo leader"))
    let lines = try supervision.log.split(separator: "\n")
    try #require(lines.count == 3)
    for mask in lines.prefix(2) {
      // The C library keeps 32 and 33 to itself; nobody can reset those.
      #expect(try #require(UInt64(mask, radix: 16)) & 0x7FFF_FFFF == 0)
    }
    #expect(lines[2] == "leader")
  }

  @Test("arguments arrive byte by byte: blanks, quotes, control characters, text that is not UTF-8, nothing at all")
  func arguments() async throws {
    let odd: [[UInt8]] = [
      Array(" a\tb\n ".utf8), Array(#"'"\$(id)`id`{{x}}*"#.utf8), [1, 2, 0x1B, 0x7F, 0xFF, 0xC0, 0x80], [],
      Array("é日本🚀".utf8), Array("-n".utf8),
    ]
    let supervision = try Supervision()
    _ = try await supervision.run(Supervision.Step.shell("printf '%s\\0' \"$@\"").with { $0.arguments += odd })
    let log = try Data(contentsOf: URL(fileURLWithPath: supervision.folder.path + "/main.log"))
    #expect(Array(log) == odd.flatMap { $0 + [0] })
  }

  @Test(
    "a directory with a comma, a colon, a backslash, a blank and a quote in its name serves",
    arguments: [false, canMount])
  func oddDirectory(isPrivate: Bool) async throws {
    let supervision = try Supervision(in: TemporaryDirectory(named: #",a:b\c d"e'"#))
    let report = try await supervision.run(.shell("echo here").with { $0.isPrivate = isPrivate })
    #expect(report.outcomeEnding == .exited(code: 0))
    #expect(try supervision.log == "here\n")
  }
}

/// A step's own view of the file system.
@Suite(.enabled(if: canMount, "a private view needs mounts, which only root may make"))
struct PrivateViewTests {
  @Test("two steps that write the same absolute path at the same time each see their own, and nobody else sees either")
  func parallelWrites() async throws {
    let name = "/tmp/out-\(UUID().uuidString).txt"
    let script = "echo $2 > \(name); echo ready > $1; read line < $1.go; cat \(name)"
    let supervisions = [try Supervision(), try Supervision()]
    let gates = try supervisions.map { try $0.gate() }
    for (number, supervision) in supervisions.enumerated() {
      try supervision.start(.shell(script, gates[number].path, "step \(number)").with { $0.isPrivate = true })
    }
    for gate in gates { _ = try await gate.message() }
    #expect(!FileManager.default.fileExists(atPath: name))
    gates.forEach { $0.open() }
    for (number, supervision) in supervisions.enumerated() {
      _ = try await supervision.report()
      #expect(try supervision.log == "step \(number)\n")
    }
  }

  @Test("what a step writes, changes and removes outside its workspace stays in its view")
  func writesStayInside() async throws {
    let world = try TemporaryDirectory(under: "/var/tmp")
    try world.write("old", to: "kept")
    let script = """
      set -e
      cat $1/kept; echo new > $1/kept; echo added > $1/added; cat $1/kept; rm $1/kept
      mkdir -p /mnt/data && echo x > /mnt/data/file && cat /mnt/data/file
      """
    let supervision = try Supervision()
    let report = try await supervision.run(.shell(script, world.path).with { $0.isPrivate = true })
    let log = try supervision.log
    #expect(report.outcomeEnding == .exited(code: 0), "\(log)")
    #expect(log == "oldnew\nx\n")
    #expect(try FileManager.default.contentsOfDirectory(atPath: world.path) == ["kept"])
    #expect(try world.text("kept") == "old")
    #expect(!FileManager.default.fileExists(atPath: "/mnt/data/file"))
  }

  @Test("the workspace is the world's own directory, wherever it lies", arguments: ["/tmp", "/var/tmp"])
  func workspace(parent: String) async throws {
    let workspace = try TemporaryDirectory(under: parent)
    try workspace.write("given", to: "input")
    let supervision = try Supervision(in: TemporaryDirectory(under: parent))
    let step = Supervision.Step.shell("cat input; pwd; echo made > output").with {
      $0.isPrivate = true
      ($0.workspace, $0.directory) = (workspace.path, workspace.path)
    }
    _ = try await supervision.run(step)
    #expect(try supervision.log == "given\(workspace.path)\n")
    #expect(try workspace.text("output") == "made\n")
  }

  @Test(
    "the attempt's own directory is there, so that progress written to it is seen outside",
    arguments: ["/tmp", "/var/tmp"])
  func attemptDirectory(parent: String) async throws {
    let supervision = try Supervision(in: TemporaryDirectory(under: parent))
    _ = try await supervision.run(
      .shell("echo 1/2 > $1", supervision.directory.progress).with { $0.isPrivate = true })
    #expect(supervision.directory.readProgress()?.total == 2)
  }

  @Test("no mount of a step is left behind, and its changes can be removed")
  func mounts() async throws {
    let before = try String(contentsOfFile: "/proc/self/mountinfo", encoding: .utf8)
    let supervision = try Supervision()
    _ = try await supervision.run(.shell("echo x > /tmp/x; echo y > /etc/y").with { $0.isPrivate = true })
    #expect(try String(contentsOfFile: "/proc/self/mountinfo", encoding: .utf8) == before)
    supervision.directory.tidy()
    #expect(try supervision.files == ["claim", "exit.json", "main.log", "supervisor.log"])
  }

  @Test("processes, devices and /sys are there as they are outside")
  func kernelFiles() async throws {
    let supervision = try Supervision()
    _ = try await supervision.run(
      .shell("test -d /proc/$$ && head -c 4 /dev/zero | wc -c && ls -d /sys/kernel").with { $0.isPrivate = true })
    #expect(try supervision.log == "4\n/sys/kernel\n")
  }
}
