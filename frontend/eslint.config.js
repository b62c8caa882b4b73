import tseslint from "typescript-eslint";

export default tseslint.config(
  { ignores: ["node_modules", "dist"] },
  ...tseslint.configs.recommended,
  {
    rules: {
      eqeqeq: ["error", "always", { null: "ignore" }],
      "prefer-const": "error",
      "no-eval": "error",
      "no-implied-eval": "error",
      "max-lines": ["error", { max: 400 }],
      "@typescript-eslint/no-explicit-any": "error",
    },
  },
);
