import Testing
import WorkflowSpec

@Suite("Text that is not YAML")
struct SyntaxDiagnosticTests {
  @Test("A text that is not YAML is answered with the usual cause")
  func syntax() {
    expect(
      """
      spec:
        args: [a, b
        name: x
      """,
      gives: """
        w.yaml:3:7: error: this is not YAML: did not find expected ',' or ']' while parsing a flow sequence
          name: x
              ^
        hint: the bracket was opened on line 2; text that begins with [, { or {{ needs quotes
        """)
  }

  @Test("A colon inside a text needs quotes")
  func colon() {
    expect(
      """
      kind: Workflow
      spec:
        message: error: it failed
      """,
      gives: """
        w.yaml:3:17: error: this is not YAML: mapping values are not allowed in this context
          message: error: it failed
                        ^
        hint: text that holds ': ' needs quotes, and a key must not stand deeper than its neighbours
        """)
  }

  @Test("A tab cannot indent")
  func tab() {
    expect(
      """
      kind: Workflow
      spec:
      	entrypoint: main
      """,
      gives: """
        w.yaml:3:1: error: a tab cannot indent YAML
        	entrypoint: main
        ^
        hint: use spaces
        """)
  }

  @Test("A key that stands twice is refused with both places")
  func twice() {
    expect(
      """
      kind: Workflow
      apiVersion: argoproj.io/v1alpha1
      kind: Workflow
      metadata: {name: a}
      spec: {entrypoint: main, templates: [{name: main, container: {image: busybox}}]}
      """,
      gives: """
        w.yaml:3:1: error: the key 'kind' stands here twice
        kind: Workflow
        ^
        hint: it was first given on line 1
        """)
  }

  @Test("A quote that is not closed is named with its place")
  func quote() {
    expect(
      """
      kind: Workflow
      metadata:
        name: "a
      """,
      gives: """
        w.yaml:3:9: error: this quote is not closed
          name: "a
                ^
        """)
  }

  @Test("YAML tags of other programs are refused")
  func tags() {
    expect(
      """
      kind: Secret
      apiVersion: v1
      metadata: {name: a}
      data: {a: !!binary aGVsbG8=, b: !vault secret, c: !!str 5}
      """,
      gives: """
        w.yaml:4:11: error: the YAML tag '!!binary' has no meaning in a workflow
        data: {a: !!binary aGVsbG8=, b: !vault secret, c: !!str 5}
                  ^
        hint: text that begins with ! needs quotes
        w.yaml:4:33: error: the YAML tag '!vault' has no meaning in a workflow
        data: {a: !!binary aGVsbG8=, b: !vault secret, c: !!str 5}
                                        ^
        hint: text that begins with ! needs quotes
        """)
  }

  @Test("A key must be text")
  func keys() {
    expect(
      """
      kind: ConfigMap
      apiVersion: v1
      metadata: {name: a}
      data:
        {{template}}: x
        ? [a, b]
        : y
        ~: z
      """,
      gives: """
        w.yaml:5:3: error: a key must be text, not an object
          {{template}}: x
          ^
        hint: a text that begins with { or {{ needs quotes
        w.yaml:6:5: error: a key must be text, not a list
          ? [a, b]
            ^
        w.yaml:8:3: error: a key must be text, not null
          ~: z
          ^
        """)
  }

  @Test("An alias needs an anchor before it")
  func alias() {
    expect(
      """
      kind: ConfigMap
      apiVersion: v1
      metadata: {name: &name a}
      data: {a: *name, b: *nmae}
      """,
      gives: """
        w.yaml:4:21: error: the alias '*nmae' has no anchor before it
        data: {a: *name, b: *nmae}
                            ^
        hint: did you mean 'name'?
        """)
  }
}
