// Rollup builds workers as entries of their own.
import "wisteria/worker";
