import Foundation
import Testing
import WorkflowCore
import WorkflowSpec

@Suite("The workflows that come with the project")
struct ExampleTests {
  /// The folder `workflows/`, found from this file's place in the repository.
  private static let folder = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("workflows")

  private func read(_ name: String) throws -> Workflow {
    let bytes = try Data(contentsOf: Self.folder.appendingPathComponent(name))
    let file = WorkflowReader(for: .run).read(Array(bytes), name: name)
    #expect(file.report == "")
    return try #require(file.workflows.first)
  }

  @Test("Each can be run as it is", arguments: ["daily.yaml", "article.yaml"])
  func runnable(name: String) throws {
    #expect(try read(name).metadata.annotations["orchestrate/workspace"] == ".")
  }

  @Test("The daily job has one shard for each number that its plan prints, and a report at the end")
  func daily() throws {
    let spec = try read("daily.yaml").spec
    guard case .steps(let groups) = spec.templates[0].body else {
      Issue.record("not steps")
      return
    }
    #expect(groups.map { $0.map(\.name.value) } == [["prepare"], ["infer-shard"], ["merge"]])
    #expect(groups[1][0].loop == .parameter("{{steps.prepare.outputs.result}}"))
    #expect(spec.onExit == ExitHandler(template: Located("report")))
    #expect(spec.arguments.map(\.name.value).prefix(5) == ["date", "model-version", "shards", "lake", "models"])
  }

  @Test("A misspelt key or template in the daily job is answered with its place and what was meant")
  func misspelt() throws {
    let bytes = try Data(contentsOf: Self.folder.appendingPathComponent("daily.yaml"))
    let text = String(decoding: bytes, as: UTF8.self)
      .replacing("withParam:", with: "withParams:").replacing("template: merge", with: "template: mereg")
    let file = WorkflowReader(for: .run).read(text, name: "daily.yaml")
    #expect(file.workflows.isEmpty)
    #expect(file.diagnostics.map(\.hint).contains("did you mean 'withParam'?"))
    #expect(file.diagnostics.map(\.hint).contains("did you mean 'merge'?"))
  }
}
