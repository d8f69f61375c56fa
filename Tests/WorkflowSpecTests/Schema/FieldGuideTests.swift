import Foundation
import Testing

@testable import WorkflowSpec

@Suite("What fields mean")
struct FieldGuideTests {
  @Test("every field of a type that is explained has a meaning, and no meaning is of a field that is not there")
  func complete() throws {
    let (schema, meanings) = (Schema.argo, FieldMeanings.argo)
    for (type, fields) in meanings.meanings {
      let known = try #require(schema.types[type], "\(type) is no type")
      for field in known.fieldNames { #expect(meanings.meaning(of: field, in: type) != nil, "\(type).\(field)") }
      for field in fields.keys { #expect(known.fields[field] != nil, "\(type).\(field) is no field") }
    }
  }

  @Test("docs/fields.md is what the table says")
  func document() throws {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("../../..")
    let text = try String(contentsOf: root.appendingPathComponent("docs/fields.md"), encoding: .utf8)
    #expect(text == FieldGuide().document, "write it anew: orchestrate explain --all > docs/fields.md")
  }

  @Test("a field is explained with its type, its meaning and what lies below it; a misspelt one is named")
  func explain() throws {
    let text = try FieldGuide().explain("workflow.spec.templates.retryStrategy").get()
    #expect(text.hasPrefix("FIELD    retryStrategy <RetryStrategy>\n\n  when to try again"))
    #expect(text.contains("  limit <number or text>"))
    #expect(throws: UnknownField.self) { try FieldGuide().explain("workflow.spec.templatez").get() }
  }
}
