import Foundation
import Testing
import WorkflowCore

/// A run as it looks on a terminal.
@Suite(.timeLimit(.minutes(2)))
struct TerminalTests {
  @Test("on a terminal a tree is redrawn in place while the run goes, and stays as it ended")
  func liveTree() async throws {
    let workplace = try Workplace()
    let gate = try Gate(in: workplace)
    try workplace.write(
      shellWorkflow("echo 1/2 > $ARGO_PROGRESS_FILE; echo ready > gate; read line < gate.go"), to: "one.yaml")
    let terminal = try Terminal(rows: 20, columns: 60)
    let process = try workplace.prepared(["submit", "one.yaml"])
    process.standardOutput = FileHandle.nullDevice
    process.standardError = terminal.program
    try process.run()
    terminal.closeProgramSide()

    #expect(try await gate.message() == "ready")
    #expect(await terminal.screen.comes("1/2 rows"))
    #expect(await terminal.screen.comes("\u{1B}[2A"), "two lines are drawn over")
    gate.open()
    let text = await terminal.screen.whole()
    let last = try #require(text.components(separatedBy: "\u{1B}[2A").last)
    #expect(last.contains("one  Succeeded"))
    #expect(last.contains("\u{1B}[32m✔\u{1B}[0m one"))
    #expect(last.hasSuffix("\u{1B}[J"))
    let lines = text.components(separatedBy: "\r\n").map(visible)
    #expect(lines.allSatisfy { $0.count <= 60 }, "nothing is wider than the terminal")
  }

  /// A line without colours and movements.
  private func visible(_ line: String) -> String { line.replacing(/\u{1B}\[[0-9;]*[A-Za-z]/, with: "") }

  @Test("a tree that is longer than the terminal shows what is still open")
  func longTree() async throws {
    let workplace = try Workplace()
    let gate = try Gate(in: workplace)
    try workplace.write(
      """
      apiVersion: argoproj.io/v1alpha1
      kind: Workflow
      metadata:
        name: many
        annotations: {orchestrate/workspace: "."}
      spec:
        entrypoint: main
        templates:
          - name: main
            steps:
              - - {name: quick, template: quick, withSequence: {count: "12"}}
              - [{name: slow, template: slow}]
          - name: quick
            container: {image: busybox, command: ["true"]}
          - name: slow
            container: {image: busybox, command: [sh, -c, "echo ready > gate; read line < gate.go"]}
      """, to: "many.yaml")
    let terminal = try Terminal(rows: 8, columns: 80)
    let process = try workplace.prepared(["submit", "many.yaml"])
    process.standardOutput = FileHandle.nullDevice
    process.standardError = terminal.program
    try process.run()
    terminal.closeProgramSide()
    #expect(try await gate.message() == "ready")
    #expect(await terminal.screen.comes(" more\u{1B}[K"))
    gate.open()
    let text = await terminal.screen.whole()
    let last = try #require(text.components(separatedBy: " more\u{1B}[K").last)
    #expect(last.components(separatedBy: "✔").count == 15, "in the end every node is shown")
  }
}

/// A pseudo-terminal: the program writes to one side of it, the test reads from the other.
private final class Terminal {
  let program: FileHandle
  let screen: Collector
  private let master: FileHandle
  /// TIOCSPTLCK and TIOCGPTN, macros that Swift does not see.
  private static let (setLock, getNumber): (UInt, UInt) = (0x4004_5431, 0x8004_5430)

  init(rows: UInt16, columns: UInt16) throws {
    let descriptor = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC)
    var (isLocked, number): (Int32, Int32) = (0, 0)
    try #require(ioctl(descriptor, Self.setLock, &isLocked) == 0)
    try #require(ioctl(descriptor, Self.getNumber, &number) == 0)
    let side = open("/dev/pts/\(number)", O_RDWR | O_NOCTTY | O_CLOEXEC)
    try #require(side >= 0)
    var size = winsize(ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0)
    try #require(ioctl(side, UInt(TIOCSWINSZ), &size) == 0)
    master = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    program = FileHandle(fileDescriptor: side, closeOnDealloc: true)
    screen = Collector(master)
  }

  /// With the program's end the only one left, its exit ends what the test reads.
  func closeProgramSide() { try? program.close() }
}
