/** What a definition defines. */
export type DefinitionKind =
  | 'function'
  | 'method'
  | 'class'
  | 'struct'
  | 'interface'
  | 'enum'
  | 'type'
  | 'impl'
  | 'module'
  | 'macro'
  | 'rule'
  | 'section';

/** The nodes of all grammars that define something: no two of them mean different things by one name. */
export const DEFINITION_KINDS: Readonly<Record<string, DefinitionKind>> = {
  function_declaration: 'function',
  function_definition: 'function',
  function_item: 'function',
  function_signature: 'function',
  function_statement: 'function',
  generator_function_declaration: 'function',
  local_function_statement: 'function',
  class_method_definition: 'method',
  compact_constructor_declaration: 'method',
  constructor_declaration: 'method',
  destructor_declaration: 'method',
  method: 'method',
  method_declaration: 'method',
  method_definition: 'method',
  operator_declaration: 'method',
  singleton_method: 'method',
  abstract_class_declaration: 'class',
  class: 'class',
  class_declaration: 'class',
  class_definition: 'class',
  class_specifier: 'class',
  class_statement: 'class',
  record_declaration: 'class',
  struct_declaration: 'struct',
  struct_item: 'struct',
  struct_specifier: 'struct',
  union_item: 'struct',
  union_specifier: 'struct',
  annotation_type_declaration: 'interface',
  interface_declaration: 'interface',
  trait_declaration: 'interface',
  trait_item: 'interface',
  enum_declaration: 'enum',
  enum_item: 'enum',
  enum_specifier: 'enum',
  enum_statement: 'enum',
  alias_declaration: 'type',
  concept_definition: 'type',
  delegate_declaration: 'type',
  type_alias_declaration: 'type',
  type_alias_statement: 'type',
  type_definition: 'type',
  type_item: 'type',
  impl_item: 'impl',
  internal_module: 'module',
  mod_item: 'module',
  module: 'module',
  namespace_declaration: 'module',
  namespace_definition: 'module',
  macro_definition: 'macro',
  preproc_function_def: 'macro',
  at_rule: 'rule',
  keyframes_statement: 'rule',
  media_statement: 'rule',
  rule_set: 'rule',
  supports_statement: 'rule',
  section: 'section',
};

/** Without a body these only announce what is defined elsewhere: `struct S;`, `mod m;`, `namespace N;`. */
export const NEED_BODY: ReadonlySet<string> = new Set([
  'class_specifier',
  'enum_specifier',
  'mod_item',
  'namespace_definition',
  'struct_specifier',
  'union_specifier',
]);

/** Nodes that belong to the one definition they hold, and to its lines. */
export const WRAPPERS: ReadonlySet<string> = new Set([
  'ambient_declaration',
  'decorated_definition',
  'export_statement',
  'expression_statement',
  'global_statement',
  'template_declaration',
]);

/** Nodes that may hold several definitions, and are none themselves. */
export const GROUPS: ReadonlySet<string> = new Set([
  'block',
  'body_statement',
  'declaration_list',
  'else_clause',
  'enum_body_declarations',
  'except_clause',
  'foreign_mod_item',
  'if_statement',
  'linkage_specification',
  'preproc_elif',
  'preproc_else',
  'preproc_if',
  'preproc_ifdef',
  'singleton_class',
  'statement_block',
  'statement_list',
  'try_statement',
]);

/** Values that make a definition of the constant, the field or the assignment that holds them. */
export const VALUE_KINDS: Readonly<Record<string, DefinitionKind>> = {
  anonymous_function: 'function',
  arrow_function: 'function',
  class: 'class',
  function_expression: 'function',
  generator_function: 'function',
};

/** What belongs to the definition below it. */
export const LEADING: string[] = ['attribute_item', 'block_comment', 'comment', 'decorator', 'line_comment'];
