import Foundation
import Testing
import WorkflowCore

@testable import StateFile

/// News of the file from other processes, without polling.
@Suite(.timeLimit(.minutes(1)))
struct FileChangesTests {
  @Test("who follows the file hears of a commit, and an engine of a run that was added")
  func news() async throws {
    let fixture = try StateFixture()
    let (reader, writer) = (try fixture.open(), try fixture.open())
    let (commits, calls) = (try reader.commits(), try reader.calls())
    try writer.insert(makeRun("run"))
    for await _ in commits.news { break }
    for await _ in calls.news { break }
    #expect(try reader.runNames() == ["run"])
  }

  @Test("what is not listened to any more holds no descriptor")
  func released() async throws {
    let fixture = try StateFixture()
    let state = try fixture.open()
    for _ in 0..<300 {
      var changes: FileChanges? = try state.commits()
      let news = try #require(changes?.news)
      changes = nil
      for await _ in news {}
    }
  }

  @Test("a folder that is not there cannot be watched, and is named")
  func missingFolder() {
    let error = #expect(throws: StateError.self) { try FileChanges(of: ["file"], in: "/no/such/folder") }
    #expect(
      error?.description
        == "the state file /no/such/folder: cannot watch the folder: No such file or directory")
  }
}
